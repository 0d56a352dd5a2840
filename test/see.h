/* SPDX-License-Identifier: Apache-2.0 */
/* What a program sees, as JSON on stdout; args are told as they came. */
int see(char *const *args);

/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest program: what is measured around it is the runtime's. */
int main(void)
{
	return 0;
}

/** Where a report says that a case failed: `procready test FILE:LINE` with that line runs the case again. */
import type { Failure } from '../expect/expectations.js';
import type { Place } from '../suite/document.js';
import type { Case } from '../suite/suite.js';

/** Of the expectation, unless it stands outside of the case, among the defaults. */
export function reportedPlace(one: Case, failure: Failure | undefined): Place {
	const place = failure ? one.placeOf(failure.where) : one.place;
	return place.line >= one.lines.first && place.line <= one.lines.last ? place : one.place;
}

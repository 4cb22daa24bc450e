// SPDX-License-Identifier: Apache-2.0

// Package detect looks for indicators in a recipient's own events: a million of
// them at once, at half the speed or more at which the events can be decoded.
//
// Indicators go into a [Set], which turns each pattern into triggers: values at
// places, one of which must be seen before the pattern can match. Equalities and
// IN, networks, and what LIKE and MATCHES ask for literally are looked up by
// object type, path and value; of AND the operand that is rarest is. Only a rule
// whose trigger is pulled is evaluated, and one that asks for no more than its
// trigger is not evaluated at all. What is found is what package stix/pattern
// finds, pattern by pattern.
//
// Events come from a [Source]: STIX observed data, or JSON lines of any tool
// seen through a [Map]; those of Zeek and of the Elastic Common Schema are
// shipped. A [Detector] tells each [Hit] when its event is read, and a
// [Sightings] writes them down as STIX.
//
// The package does no I/O beyond the readers and writers it is handed, and reads
// no clock.
package detect

// Package envelope makes what is kept in Redis smaller, and unreadable to who has no
// key.
//
// An envelope is, one after the other:
//
//	a byte       its form: the version of all this, and what was done
//	if sealed:   the length of the key's id in a byte, the id, a random nonce of 12
//	             bytes, and the content under AES-256-GCM with its tag of 16 bytes
//	else:        the content
//
// The content is what was put in, or, where the form says compressed, its length as a
// number of variable length, and a block of S2. First it is compressed, then sealed.
//
// What is sealed is bound to its form, to the key's id, and to what the caller calls
// its place: it opens nowhere else.
//
// A change of any of this takes a new version: an envelope of another version is
// refused, which its readers take for a miss.
package envelope

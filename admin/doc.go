// Package admin lets a shell look at the cache of a running program and invalidate
// what is in it: an http.Handler for the program, and the command
// "cacheops invalidate" for the shell. An in-process store can be reached in no
// other way.
//
// The handler is for the people who run the program. It answers the machine itself
// only, unless it is given a token.
package admin

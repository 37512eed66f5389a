//go:build race

package main

// raceDetector tells that the race detector is on. A sync.Pool then drops at random
// what it is given, so what is allocated is not what users have.
const raceDetector = true

//go:build race

package storetest

// raceDetector is true in a build with the race detector.
const raceDetector = true

//go:build race

package result

// raceDetector tells that the race detector is on. It makes allocations of its
// own and takes others' room, so what is measured is not what users have.
const raceDetector = true

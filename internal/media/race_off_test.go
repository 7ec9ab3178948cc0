//go:build !race

package media

// raceDetector multiplies the memory of workers, so that limits for it mean nothing.
const raceDetector = false

package main

import (
	"fmt"
	"time"
)

// workload is one job for every peer: files of one size from some clients at a
// time, each file in its own request and each client on its own kept-alive
// connection.
type workload struct {
	Name    string `json:"name"`
	Files   int    `json:"files"`
	Size    int64  `json:"size"` // bytes of each file
	Clients int    `json:"clients"`
	Part    int64  `json:"part,omitempty"` // bytes of each part of a file that comes in parts
	// PerFile tells that the rate of interest is files per second rather than
	// bytes per second.
	PerFile bool `json:"perFile"`
}

// title describes the workload in a heading.
func (w workload) title() string {
	if w.Part > 0 {
		return fmt.Sprintf("%s: 1 file of %s in parts of %s, %d clients", w.Name, byteSize(w.Size), byteSize(w.Part), w.Clients)
	}
	if w.Files == 1 {
		return fmt.Sprintf("%s: 1 file of %s", w.Name, byteSize(w.Size))
	}
	return fmt.Sprintf("%s: %d files of %s, %d clients", w.Name, w.Files, byteSize(w.Size), w.Clients)
}

// unit is the unit of the workload's rates.
func (w workload) unit() string {
	if w.PerFile {
		return "files/s"
	}
	return "MB/s"
}

// objects are the files of one run. Names end in .zip because that is an asset
// type which triggers no media work; numbers start at first, so that the runs
// of one invocation never send the same content twice.
func (w workload) objects(c *corpus, first uint64) []object {
	objects := make([]object, w.Files)
	for i := range objects {
		n := first + uint64(i)
		objects[i] = object{corpus: c, number: n, size: w.Size, name: fmt.Sprintf("bench-%016x-%d.zip", c.seed, n)}
	}
	return objects
}

// run is the measurement of one workload at one peer in one repetition.
type run struct {
	Workload string    `json:"workload"`
	Peer     string    `json:"peer"`
	Group    peerGroup `json:"group"`
	Rep      int       `json:"rep"`
	Error    string    `json:"error,omitempty"` // then nothing below holds

	AckedSeconds   float64 `json:"ackedSeconds"`   // until the last acknowledgement
	DurableSeconds float64 `json:"durableSeconds"` // the same, plus syncfs
	AckedRate      float64 `json:"ackedRate"`      // in the workload's unit
	DurableRate    float64 `json:"durableRate"`
	StartMillis    float64 `json:"startMillis,omitempty"`    // announcing a file that comes in parts
	CompleteMillis float64 `json:"completeMillis,omitempty"` // completing it
	P50Millis      float64 `json:"p50Millis"`                // of one upload, or part
	P99Millis      float64 `json:"p99Millis"`
	ServerCPU      float64 `json:"serverCPU"` // seconds, until after syncfs
	ClientCPU      float64 `json:"clientCPU"`
	PeakMiB        float64 `json:"peakMiB"`
	PeakIsOfRun    bool    `json:"peakIsOfRun"` // false: since the server's start
	WrittenPerByte float64 `json:"writtenPerByte"`
	Verified       int     `json:"verified"` // files read back and compared
	KeepsNothing   bool    `json:"keepsNothing,omitempty"`
}

// setRates derives the rates from the two times.
func (r *run) setRates(w workload, acked, durable time.Duration) {
	amount := float64(w.Files) * float64(w.Size) / 1e6
	if w.PerFile {
		amount = float64(w.Files)
	}
	r.AckedSeconds, r.DurableSeconds = acked.Seconds(), durable.Seconds()
	r.AckedRate, r.DurableRate = amount/acked.Seconds(), amount/durable.Seconds()
}

package ipsapi

import (
	"sluice/internal/engine"
	"sluice/internal/protocol/scene7"
)

// assetBatch builds the answer of an operation on many assets: counts, and a row
// for every asset that failed or was done with a reservation.
func (s *Service) assetBatch(c *call, handles []string, b engine.Batch) *scene7.Record {
	return record(c.op.Name+"Return",
		"successCount", b.Success, "warningCount", len(b.Warnings), "errorCount", len(b.Errors),
		"warningDetailArray", s.assetFaults(c, handles, b.Warnings),
		"errorDetailArray", s.assetFaults(c, handles, b.Errors))
}

func (s *Service) assetFaults(c *call, handles []string, faults []engine.ItemFault) *scene7.Record {
	rows := make([]*scene7.Record, len(faults))
	for i, f := range faults {
		fault := s.faultOf(c, f.Err)
		rows[i] = record("AssetOperationFault", "assetHandle", handles[f.Index], "code", int(fault.Code), "reason", fault.Reason)
	}
	return optionalArray("AssetOperationFaultArray", rows)
}

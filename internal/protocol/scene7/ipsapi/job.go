package ipsapi

// jobOperations lists the operations on jobs and their logs.
func (s *Service) jobOperations() handlers {
	return handlers{
		"submitJob": s.submitJob, "uploadPost": s.uploadPost,
		"getActiveJobs": s.activeJobs, "getScheduledJobs": s.scheduledJobs, "getUploadTaskStatus": s.uploadTaskStatus,
		"stopJob": s.stopJob, "pauseJob": s.pauseJob, "resumeJob": s.resumeJob, "deleteJob": s.deleteJob, "executeJob": s.executeJob,

		"getJobLogs": s.jobLogs, "getJobLogDetails": s.jobLogDetails, "getArchivedJobLogDetails": s.jobLogDetails,
		"getAssetJobLogs": s.assetJobLogs, "getAssetArchivedJobLogs": s.assetArchivedJobLogs,
	}
}

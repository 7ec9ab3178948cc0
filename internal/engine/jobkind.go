package engine

import "sluice/internal/ingest"

// jobWords are the log types and the words with which a kind of job begins, ends
// and reports (Scene7 contract, section 12, job log types). Kinds for which that
// list has no word of their own share those of the nearest kind.
type jobWords struct {
	begin, end              ingest.LogType
	success, warning, fault ingest.LogType
	began, ended            string
}

// wordsOf returns the words of a kind of job.
func wordsOf(kind ingest.JobKind) jobWords {
	w := jobWords{
		begin: ingest.LogBeginUpload, end: ingest.LogEndUpload, success: ingest.LogUploadSuccess,
		warning: ingest.LogUploadWarning, fault: ingest.LogUploadError, began: "The upload began.", ended: "The upload ended.",
	}
	switch kind {
	case ingest.JobURLUpload:
		w.begin, w.end = "BeginUploadUrls", "EndUploadUrls"
	case ingest.JobImagePublish:
		w = publishWords("ImageServingPublish")
	case ingest.JobRenderPublish:
		w = publishWords("ImageRenderingPublish")
		w.warning = ingest.LogUploadWarning
	case ingest.JobVideoPublish:
		w = publishWords("VideoPublish")
	case ingest.JobDirPublish:
		w = publishWords("ServerDirectoryPublish")
	case ingest.JobMetadataPublish, ingest.JobVideoSitemap:
		w.begin, w.end, w.success, w.fault = "BeginMetadata", "EndMetadata", "MetadataSuccess", "MetadataFailure"
		w.began, w.ended = "The job began.", "The job ended."
	case ingest.JobOptimize, ingest.JobReprocess:
		w.begin, w.end, w.success, w.fault = "BeginReoptimize", "EndReoptimize", "ReoptimizeSuccess", "ReoptimizeFailure"
		w.began, w.ended = "Processing began.", "Processing ended."
	case ingest.JobRipPDF:
		w.begin, w.end, w.success, w.fault = "BeginPdfRip", "EndReoptimize", "ReoptimizeSuccess", "PdfRipError"
		w.began, w.ended = "Processing began.", "Processing ended."
	case ingest.JobExport:
		w.begin, w.end, w.success, w.fault = "BeginGet", "EndGet", ingest.LogReturnSuccess, "GetFailure"
		w.began, w.ended = "The export began.", "The export ended."
	case ingest.JobAutoSets:
		w.began, w.ended = "The job began.", "The job ended."
	}
	return w
}

func publishWords(kind ingest.LogType) jobWords {
	return jobWords{
		begin: "Begin" + kind, end: "End" + kind, success: kind + "Success", warning: kind + "Warning", fault: kind + "Error",
		began: "Publishing began.", ended: "Publishing ended.",
	}
}

// JobLogType is the word by which lists of logs call a kind of job.
func JobLogType(kind ingest.JobKind) ingest.LogType { return wordsOf(kind).begin }

// jobSteps lists the kinds of tasks that are steps of whole jobs. They wait for
// networks and disks, so that workers of their own run them.
func jobSteps() []ingest.TaskKind {
	return []ingest.TaskKind{
		ingest.TaskFetch, ingest.TaskDirectory, ingest.TaskFile, ingest.TaskPublish, ingest.TaskReplan, ingest.TaskExport, ingest.TaskCallback,
		ingest.TaskSets,
	}
}

// allSteps lists every kind of task that this build can run.
func allSteps() []ingest.TaskKind { return append(append(runnable(), jobSteps()...), longSteps()...) }

// orderRight is what a caller must be allowed to do for a kind of job.
func orderRight(kind ingest.JobKind) right {
	switch kind {
	case ingest.JobURLUpload, ingest.JobDirectoryUpload:
		return rightUpload
	case ingest.JobExport:
		return rightRead
	}
	return rightOverwrite
}

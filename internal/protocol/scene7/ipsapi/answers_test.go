package ipsapi

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/internal/protocol/scene7"
)

// mustAnswer lists operations whose answer must be among the samples, because the
// handles of the company fit them: if one is refused, something else is wrong.
func mustAnswer() []string {
	return []string{
		"getActivePublishContexts", "getAllUsers", "getAssetCounts", "getAssetJobLogs", "getAssetMetadataFields", "getAssetPublishHistory", "getAssets",
		"getAssetsByName", "getAssociatedAssets", "getCompanyInfo", "getCompanyMembers", "getCompanyMembership", "getCompanyMetadata",
		"getCompanySettings", "getDiskUsage", "getDistinctMetadataValues", "getFolderTree", "getFolders", "getGroupMembers",
		"getGroupMembership", "getGroups", "getImageFormats", "getImageServingPublishSettings", "getJobLogDetails", "getJobLogs", "getMetadataFields",
		"getOriginalFilePaths", "getProjects", "getPropertySetTypes", "getPropertySets", "getPublishContexts", "getScheduledJobs", "getSystemProperties",
		"getTagFieldValues", "getUniqueMetadataValues", "getUserInfo", "getUsers", "getVignettePublishFormats", "getViewerConfigSettings",
		"searchAssets", "searchAssetsByMetadata", "checkLogin", "generatePassword", "moveAsset", "setAssetPublishState", "batchSetImageFields",
	}
}

// TestAnswersFitTheirSchema calls every operation on things that exist, at every
// level, and holds the answers against the schema documents that this server gives
// to clients.
func TestAnswersFitTheirSchema(t *testing.T) {
	tool(t, "xmllint")
	for _, version := range []string{"2014-04-03", "2016-01-14-beta", "2021-01-11-beta"} {
		t.Run(version, func(t *testing.T) {
			dir, answered, refused := t.TempDir(), 0, map[string]string{}
			namespace := scene7.BaseNamespace + "/" + version
			parsed, _ := scene7.ParseNamespace(namespace)
			h := newHarness(t)
			own := belongings(t, h)
			own["email"], own["password"] = h.user.login, h.user.login
			names := slices.Sorted(maps.Keys(h.service.operations))
			slices.SortStableFunc(names, func(a, b string) int { return harm(a) - harm(b) })
			for _, name := range names {
				if h.service.operations[name].Since > parsed.Level() {
					continue
				}
				inner := fill(h, name+"Param", own, 0)
				if name == "getFolderTree" || name == "getFolders" || name == "searchAssets" {
					inner = h.ch + "<includeSubfolders>true</includeSubfolders><folderPath>/</folderPath><depth>-1</depth>"
				}
				request := strings.Replace(h.bare(h.boss, name, inner), testNamespace, namespace, 1)
				status, body := h.exchange(request)
				if strings.Contains(string(body), "internal error") {
					t.Errorf("%s: %s\n%s", name, body, inner)
				}
				if status != http.StatusOK {
					refused[name] = string(body)
					continue
				}
				answered++
				if err := os.WriteFile(filepath.Join(dir, name+".xml"), body, 0o600); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(body), ">\n") || strings.Contains(string(body), "> <") {
					t.Errorf("%s has white space between elements:\n%s", name, body)
				}
			}
			for _, name := range mustAnswer() {
				if why := refused[name]; why != "" {
					t.Errorf("%s was refused: %s", name, why)
				}
			}
			if says, ok := validate(t, version, dir); !ok {
				t.Errorf("%d answers: %s", answered, onlyErrors(says))
			}
		})
	}
}

// harm orders operations: reading first, then writing, then what takes things away.
func harm(name string) int {
	switch {
	case strings.HasPrefix(name, "get"), strings.HasPrefix(name, "search"), strings.HasPrefix(name, "check"), strings.HasPrefix(name, "list"):
		return 0
	case strings.HasPrefix(name, "delete"), strings.HasPrefix(name, "remove"), strings.HasPrefix(name, "empty"), name == "setUserInfo", name == "setPassword":
		return 2
	}
	return 1
}

func onlyErrors(says string) string {
	var lines []string
	for line := range strings.SplitSeq(says, "\n") {
		if !strings.HasSuffix(line, " validates") && line != "" {
			lines = append(lines, line)
		}
	}
	return fmt.Sprint(strings.Join(lines, "\n"))
}

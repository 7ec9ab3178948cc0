package ipsapi

// peopleOperations lists the operations on companies, users, groups and
// permissions.
func (s *Service) peopleOperations() handlers {
	return handlers{
		"getCompanyInfo": s.companyInfo, "getAllCompanies": s.allCompanies, "addCompany": s.addCompany,
		"getCompanySettings": s.companySettings, "setCompanySettings": s.setCompanySettings,
		"getCompanyUPPProperties": s.figures, "setCompanyUPPProperties": s.setFigures, "getDiskUsage": s.diskUsage,
		"getProperty": s.systemProperty, "getSystemProperties": s.systemProperties, "getSecureISAuthToken": s.noSecureServer,

		"getCompanyMembership": s.companyMembership, "getCompanyMembers": s.companyMembers,
		"addCompanyMembership": s.addCompanyMembership, "setCompanyMembership": s.setCompanyMembership,
		"removeCompanyMembership": s.removeCompanyMembership,

		"checkLogin": s.checkLogin, "getUserInfo": s.userInfo, "addUser": s.addUser, "setUserInfo": s.setUserInfo,
		"setPassword": s.setPassword, "generatePassword": s.generatePassword,
		"getUsers": s.users, "getAllUsers": s.allUsers, "getUserChars": s.userChars,

		"getGroups": s.groups, "saveGroup": s.saveGroup, "deleteGroup": s.deleteGroup, "getGroupMembers": s.groupMembers,
		"addGroupMembers": s.addGroupMembers, "removeGroupMembers": s.removeGroupMembers, "setGroupMembers": s.setGroupMembers,
		"addGroupMembership": s.addGroupMembership, "removeGroupMembership": s.removeGroupMembership,
		"setGroupMembership": s.setGroupMembership, "getGroupMembership": s.groupMembership,

		"setAssetPermissions": s.setAssetPermissions, "updateAssetPermissions": s.updateAssetPermissions,
		"removeAssetPermissions": s.removeAssetPermissions,
		"setFolderPermissions":   s.setFolderPermissions, "updateFolderPermissions": s.updateFolderPermissions,
		"removeFolderPermissions": s.removeFolderPermissions,
	}
}

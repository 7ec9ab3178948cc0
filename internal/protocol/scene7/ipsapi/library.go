package ipsapi

// libraryOperations lists the operations on folders, assets, trash, projects and
// publish marks.
func (s *Service) libraryOperations() handlers {
	return handlers{
		"getFolderTree": s.folderTree, "getFolders": s.folders, "createFolder": s.createFolder, "renameFolder": s.renameFolder,
		"moveFolder": s.moveFolder, "deleteFolder": s.deleteFolder,

		"getAssets": s.assets, "getAssetsByName": s.assetsByName, "checkAssetNames": s.checkAssetNames, "getAssetCounts": s.assetCounts,
		"getOriginalFilePaths": s.originalFilePaths, "getZipEntries": s.zipEntries,
		"moveAsset": s.moveAsset, "moveAssets": s.moveAssets, "renameAsset": s.renameAsset,

		"deleteAsset": s.deleteAsset, "deleteAssets": s.deleteAssets, "emptyAssetsFromTrash": s.emptyTrash, "restoreAssetsFromTrash": s.restoreTrash,

		"getProjects": s.projects, "createProject": s.createProject, "renameProject": s.renameProject, "deleteProject": s.deleteProject,
		"addProjectAssets": s.addProjectAssets, "setProjectAssets": s.setProjectAssets, "removeProjectAssets": s.removeProjectAssets,

		"setAssetPublishState": s.setAssetPublishState, "setAssetsPublishState": s.setAssetsPublishState,
		"setAssetsContextState": s.setAssetsContextState, "forceRepublishAssets": s.forceRepublishAssets,
		"getPublishContexts": s.publishContexts, "getActivePublishContexts": s.activePublishContexts,
		"batchGetAssetPublishContexts": s.assetPublishContexts, "getAssetPublishHistory": s.assetPublishHistory,
		"getImageServingPublishSettings": s.servingSettings, "setImageServingPublishSettings": s.setServingSettings,
		"getImageRenderingPublishSettings": s.renderingSettings, "setImageRenderingPublishSettings": s.setRenderingSettings,
		"getImageServingCatalog": s.noCatalog, "getImageRenderingCatalog": s.noCatalog,
		"cdnCacheInvalidation": s.invalidate, "getCdnCacheInvalidationStatus": s.invalidationStatus,
	}
}

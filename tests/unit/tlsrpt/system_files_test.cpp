#include "tlsrpt/read/system_files.hpp"

#include <gtest/gtest.h>

namespace mta_sts::tlsrpt {
namespace {

TEST(SystemFiles, AreKnownByTheirNamesAndFolders) {
  for (const char* path : {"__MACOSX/d/._r.json",
                           "d/.DS_Store",
                           "d/THUMBS.DB",
                           "d/desktop.ini",
                           "d/ehthumbs.db",
                           "d/Icon\r",
                           "d/.localized",
                           "d/$RECYCLE.BIN/$I1.json",
                           "d/$Recycle.Bin/x",
                           ".Spotlight-V100/x",
                           "d\\__MACOSX\\x.json",
                           "d\\Thumbs.db",
                           ".fseventsd/x",
                           ".Trashes/501/x",
                           ".apdisk",
                           "d/.AppleDouble/r.json",
                           "d/@eaDir/r.json",
                           "System Volume Information/IndexerVolumeGuid",
                           "d/~$r.json",
                           "d/r.json:Zone.Identifier"}) {
    EXPECT_TRUE(is_system_file(path)) << path;
  }
}

TEST(SystemFiles, AreNoReports) {
  for (const char* path :
       {"", "r.json", "d/r.json", "Icon", "d/a!b!1!2.json.gz", "MACOSX/r.json", "r~.json"}) {
    EXPECT_FALSE(is_system_file(path)) << path;
  }
}

}  // namespace
}  // namespace mta_sts::tlsrpt

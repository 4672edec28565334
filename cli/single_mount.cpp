#include "single_mount.hpp"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>

namespace ferrotunnel::cli {
namespace {

struct Looked {
    bool is_mounted = false;  // the file itself, and not a folder around it
    bool has_name = true;
};

Looked look_at(const std::string& file) {
    struct statx status {};
    if (::statx(AT_FDCWD, file.c_str(), AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, &status) != 0 ||
        !S_ISREG(status.stx_mode)) {
        return {};
    }
    return {(status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0, status.stx_nlink != 0};
}

}  // namespace

bool is_replaced_elsewhere(const std::string& file) {
    const Looked looked = look_at(file);
    return looked.is_mounted && !looked.has_name;
}

std::string unseen_changes_reason(const std::string& file) {
    if (!look_at(file).is_mounted) {
        return {};
    }
    return is_replaced_elsewhere(file)
               ? "is mounted as a single file and was replaced on the host: the old file is still read here. "
                 "Mount the folder instead"
               : "is mounted as a single file: replacing it on the host is not noticed here. Mount "
                 "the folder instead";
}

}  // namespace ferrotunnel::cli

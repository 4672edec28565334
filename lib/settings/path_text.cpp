#include "ferrotunnel/detail/path_text.hpp"

#include <sys/stat.h>

namespace ferrotunnel::detail {

bool looks_like_path(std::string_view text, const std::string& file) {
    for (const std::string_view begin : {"/", "./", "../", "~/"}) {
        if (text.starts_with(begin)) {
            return true;
        }
    }
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace ferrotunnel::detail

// Parses texts of the command line by the rules for texts in a configuration file.
#include <sys/stat.h>

#include "config/values.hpp"
#include "ferrotunnel/detail/path_text.hpp"
#include "ferrotunnel/detail/time_text.hpp"

namespace ferrotunnel::detail {

std::optional<std::chrono::milliseconds> read_time(std::string_view text, std::chrono::milliseconds most) {
    return config::parse_time(text, most);
}

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

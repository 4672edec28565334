// Settings of the access log.
#include <string>
#include <utility>
#include <vector>

#include "access/format.hpp"
#include "access/limits.hpp"
#include "base/text.hpp"
#include "settings/access_log.hpp"
#include "settings/server.hpp"

namespace ferrotunnel::detail {

std::vector<std::string> usual_masks() {
    return {"access_token", "api_key",  "apikey", "auth", "code",      "key",
            "passwd",       "password", "secret", "sig",  "signature", "token"};
}

std::optional<std::string> access_format_fault(const std::string& text) {
    const auto format = access::Format::parse(text, {});
    return format ? std::nullopt : std::optional(format.error());
}

void check_access_log(ServerValues& settings, std::vector<Problem>& problems) {
    if (settings.access_log == access_off) {
        settings.access_log.clear();
    }
    if (auto wrong = access_format_fault(settings.access_log_format)) {
        problems.push_back({"access_log_format", std::move(*wrong)});
    }
    if (settings.access_log_mask.size() > access::masks_max) {
        problems.push_back({"access_log_mask", "has more than " + std::to_string(access::masks_max) + " names"});
    }
}

}  // namespace ferrotunnel::detail

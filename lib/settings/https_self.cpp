#include "settings/https_self.hpp"

#include <string>

#include "acme/local_name.hpp"
#include "base/text.hpp"
#include "ferrotunnel/detail/private_zone.hpp"

namespace ferrotunnel::detail {

void check_https_self(const ServerSettings& settings, std::vector<Problem>& problems) {
    const std::string key = "https.self_names";
    const Https& https = settings.https;
    if (https.self && settings.state_dir.empty()) {
        problems.push_back({"state_dir", "is missing: https.self keeps its CA there; expected a folder"});
    }
    if (!https.self && !https.self_names.empty()) {
        problems.push_back({key, "has no meaning without https.self"});
    }
    if (const std::string& domain = settings.domain;
        https.self && !domain.empty() && acme::has_one_label(domain) && !is_private_zone(domain)) {
        problems.push_back({"domain", in_quotes(domain) +
                                          " is a whole top-level domain, and the CA of https.self could "
                                          "sign for all of it; expected a host below it, like app." +
                                          domain + ", or a private zone such as localhost or test"});
    }
    if (https.self_names.size() > https_self_names_max) {
        problems.push_back({key, "has more than " + std::to_string(https_self_names_max) + " names"});
        return;
    }
    for (const std::string& text : https.self_names) {
        if (const auto name = acme::read_local_name(text); !name) {
            problems.push_back({key, in_quotes(text) + " " + name.error()});
        }
    }
}

}  // namespace ferrotunnel::detail

#include "acme/order_request.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "acme/limits.hpp"
#include "acme/problem_document.hpp"
#include "base/text.hpp"

namespace ferrotunnel::acme {

namespace {

std::string profile_fault(const std::string& wanted, const Directory& directory) {
    std::string known;
    for (const auto& [name, description] : directory.profiles) {
        known += (known.empty() ? "" : ", ") + name;
    }
    return printable("the CA has no profile " + in_quotes(wanted) +
                         (known.empty() ? "; it has no profiles at all" : "; it has " + known),
                     limits::text_max);
}

// Let's Encrypt issues for addresses only by its profile of this name.
std::string usual_profile(const Identifiers& names, const Directory& directory) {
    constexpr const char* for_addresses = "shortlived";
    const bool has_address = std::any_of(names.begin(), names.end(),
                                         [](const Identifier& name) { return name.type == Identifier::Type::ip; });
    return has_address && directory.profiles.contains(for_addresses) ? for_addresses : "";
}

// Whether a refusal of newOrder may be due to `replaces`: anything but a limit and a missing account.
bool may_be_about_replaces(const HttpReply& reply) {
    const Problem problem = read_problem(reply);
    return reply.status >= 400 && reply.status < 500 && problem.kind != Problem::Kind::limited &&
           problem.type != "accountDoesNotExist" && problem.type != "externalAccountRequired";
}

}  // namespace

Step OrderRequest::begin() {
    profile_ = settings_.profile.empty() ? usual_profile(settings_.names, directory_) : settings_.profile;
    if (!profile_.empty() && !directory_.profiles.contains(profile_)) {
        return FailedStep{{Problem::Kind::refused, "invalidProfile", profile_fault(profile_, directory_), {}},
                          {},
                          FailedStep::SavedOrder::forget};
    }
    return request();
}

Step OrderRequest::request() {
    replaces_ = directory_.renewal_info.empty() || is_replaces_refused_ ? std::string() : settings_.replaces;
    nlohmann::json payload = nlohmann::json::object();
    for (const Identifier& name : settings_.names) {
        payload["identifiers"].push_back({{"type", name.type_name()}, {"value", name.value}});
    }
    if (!profile_.empty()) {
        payload["profile"] = profile_;
    }
    if (!replaces_.empty()) {
        payload["replaces"] = replaces_;
    }
    return requests_.post(directory_.new_order, payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Step OrderRequest::refused(const HttpReply& reply) {
    if (!replaces_.empty() && may_be_about_replaces(reply)) {
        is_replaces_refused_ = true;
        return request();
    }
    FailedStep failed = failed_request("the CA does not accept the order", reply);
    if (failed.problem.type == "invalidProfile") {
        failed.problem.text = profile_fault(profile_, directory_);
    }
    return failed;
}

}  // namespace ferrotunnel::acme

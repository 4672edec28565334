// Rules and limits of an HTTP service: their keys, their reader and their check, and conversion to their registered
// form.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "settings/setting.hpp"
#include "wire/http_rules_part.hpp"

namespace ferrotunnel::detail {

/// The keys of a service that are rules and limits.
std::span<const SettingFacts> rule_keys() noexcept;

/// The value of HttpRules::host_header that means the backend's own Host.
inline constexpr std::string_view backend_host = "backend";

/// The Host for a program that connects to `local`, without a default port. `server_name`: the name requested in TLS,
/// if it differs. Empty if `local` is not a valid address.
std::string authority_of(std::string_view local, const std::string& server_name = {});

/// The rule and limit keys of a service that the file has.
class RuleKeys {
public:
    /// Looks up all of these keys, which makes them known keys of the service.
    void find(config::Section& service);
    bool has(std::string_view key) const { return values_.contains(key); }
    const config::Value* get(std::string_view key) const;
    /// Reports a problem with `text` at each present key. False if there is none.
    bool refuse(const std::string& text) const;

private:
    std::map<std::string, config::Value, std::less<>> values_;
};

/// Reads the rules and limits into `http`, which has its path and address already. Reports each problem at its place,
/// or at `service` if it has no place of its own. False if there are problems.
bool read_rules(const RuleKeys& keys, Http& http, const config::Value& service);

wire::HttpRulesPart rules_part(const Http& service);
wire::HttpLimitsPart limits_part(const HttpLimits& limits);

/// All problems of the rules and limits of a service. Keys are members of Http, like
/// "rules.request_headers.set[1].name", and the texts are worded to follow a key. Problems of `path` or `local` itself
/// are not included.
std::vector<Problem> rule_problems(const Http& service, bool application_serves);

}  // namespace ferrotunnel::detail

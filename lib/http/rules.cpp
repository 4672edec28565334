#include "http/rules.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "http/authority.hpp"
#include "http/edits.hpp"
#include "http/field_name.hpp"
#include "http/header_rules.hpp"

namespace ferrotunnel::http {
namespace {

constexpr std::string_view statuses = "is not 301, 302, 307 or 308";

bool is_redirect_status(std::uint16_t status) {
    return status == 301 || status == 302 || status == 307 || status == 308;
}

std::string longer_than(std::size_t bytes) {
    return "is longer than " + std::to_string(bytes) + " bytes";
}

// Why a path cannot be written into a target as it is; empty if it can. A slash at the end does not matter.
std::string fault_of_written_path(std::string_view path) {
    PathReadings readings;
    if (path.find_first_of("?#") != std::string_view::npos) {
        return "has a query or fragment ('?' or '#'); the request's own query is kept";
    }
    const PathFault fault = readings.assign(path);
    if (fault != PathFault::none && fault != PathFault::not_canonical) {
        return std::string(describe(fault));
    }
    return readings.oddities() == 0
               ? ""
               : "has '.', '..', '//', an encoded slash or ';', which programs interpret differently";
}

class Checker {
public:
    Checker(const Rules& rules, const PathRule& path) : rules_(rules), path_(path) {}

    std::vector<RuleProblem> check() {
        check_prefix();
        if (!rules_.host.empty()) {
            check_host();
        }
        check_fields("request_headers", rules_.request_headers);
        check_fields("response_headers", rules_.response_headers);
        if (rules_.redirect) {
            check_redirect(*rules_.redirect);
        }
        if (const auto& to_https = rules_.https_redirect;
            to_https && to_https->status != 0 && !is_redirect_status(to_https->status)) {
            say("https_redirect.status", std::string(statuses));
        }
        if (rules_.hsts) {
            check_hsts(*rules_.hsts);
        }
        return std::move(problems_);
    }

private:
    void say(std::string key, std::string text) { problems_.push_back({std::move(key), std::move(text)}); }

    void check_prefix() {
        if (!rules_.prefix) {
            return;
        }
        const std::string& to = rules_.prefix->to;
        if (path_.kind != PathRule::Kind::prefix) {
            say("prefix", "has no prefix to replace: the rule is for `" + path_.text() + "`");
        }
        if (to.empty()) {
            return;
        }
        if (to.size() > limits::http_path_text_max) {
            say("prefix", longer_than(limits::http_path_text_max));
        } else if (to.ends_with('/')) {
            say("prefix", "ends with '/'; omit that '/', and leave the prefix empty for the root");
        } else if (const std::string fault = fault_of_written_path(to); !fault.empty()) {
            say("prefix", fault);
        }
    }

    void check_host() {
        Authority authority;
        const AuthorityFault fault = split_authority(rules_.host, authority);
        if (fault != AuthorityFault::none) {
            say("host", std::string(describe(fault)));
        }
    }

    void check_fields(const std::string& key, const std::vector<HeaderRule>& rules) {
        if (rules.size() > limits::http_header_rules_max) {
            say(key, "has " + std::to_string(rules.size()) + " rules; at most " +
                         std::to_string(limits::http_header_rules_max));
        }
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const std::string at = key + '[' + std::to_string(i) + ']';
            check_field(at, rules[i]);
            const auto set_before = [&](const HeaderRule& other) {
                return other.action == HeaderRule::Action::set && same_name_loosely(other.name, rules[i].name);
            };
            if (rules[i].action == HeaderRule::Action::set &&
                std::any_of(rules.begin(), rules.begin() + static_cast<std::ptrdiff_t>(i), set_before)) {
                say(at + ".name", "is set twice");
            }
            if (&rules == &rules_.response_headers && rules_.hsts && rules[i].action != HeaderRule::Action::remove &&
                same_name_loosely(rules[i].name, "Strict-Transport-Security")) {
                say(at + ".name", "is what `hsts` sets already");
            }
        }
    }

    void check_field(const std::string& at, const HeaderRule& rule) {
        if (rule.name.size() > limits::http_header_rule_name_max) {
            say(at + ".name", longer_than(limits::http_header_rule_name_max));
        } else if (!is_field_name(rule.name)) {
            say(at + ".name", rule.name.empty() ? "is empty" : "is not a valid field name: letters, digits and '-'");
        } else if (const std::string_view why = protected_field_reason(rule.name); !why.empty()) {
            say(at + ".name", std::string(why));
        }
        if (rule.action == HeaderRule::Action::remove) {
            if (!rule.value.empty()) {
                say(at + ".value", "must be empty: a removed field has no value");
            }
            return;
        }
        const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
        if (!rule.value.empty() && (is_blank(rule.value.front()) || is_blank(rule.value.back()))) {
            say(at + ".value", "begins or ends with whitespace, which is not a part of a field's value");
        } else if (!is_field_value(rule.value)) {
            say(at + ".value", "has a control character or line end, which could begin a field of its own");
        } else if (rule.value.size() > limits::http_header_rule_value_max) {
            say(at + ".value", longer_than(limits::http_header_rule_value_max));
        }
    }

    void check_redirect(const Redirect& redirect) {
        if (rules_.prefix || !rules_.host.empty()) {
            say("redirect", "responds without the backend, so there is nothing to rewrite");
        }
        if (!is_redirect_status(redirect.status)) {
            say("redirect.status", std::string(statuses));
        }
        std::string_view to = redirect.to;
        if (to.size() > limits::http_redirect_text_max) {
            say("redirect.to", longer_than(limits::http_redirect_text_max));
            return;
        }
        if (const std::size_t scheme_end = to.find("://"); scheme_end != std::string_view::npos) {
            const std::string_view scheme = to.substr(0, scheme_end);
            if (scheme != "http" && scheme != "https") {
                say("redirect.to", "begins with neither http:// nor https://");
                return;
            }
            to.remove_prefix(scheme_end + 3);
            const std::size_t end = std::min(to.find_first_of("/?#"), to.size());
            Authority authority;
            if (const auto fault = split_authority(to.substr(0, end), authority); fault != AuthorityFault::none) {
                say("redirect.to", "has a host that " + std::string(describe(fault)));
                return;
            }
            to.remove_prefix(end);
            if (to.empty()) {
                return;
            }
        } else if (!to.starts_with('/')) {
            say("redirect.to",
                to.empty() ? "is empty" : "is neither a URL (https://new.example.com) nor a path (/new)");
            return;
        } else if (leads_to_itself(to)) {
            say("redirect.to", "redirects to its own path");
            return;
        }
        if (const std::string fault = fault_of_written_path(to); !fault.empty()) {
            say("redirect.to", fault);
        }
    }

    // Whether the redirect would be an endless loop.
    bool leads_to_itself(std::string_view to) const {
        const auto target = path_.kind == PathRule::Kind::equals ? parse_path_equals(to) : parse_path_prefix(to);
        if (!target || path_.kind == PathRule::Kind::regex) {
            return false;
        }
        return path_.kind == PathRule::Kind::equals ? target->path == path_.path
                                                    : (target->path + '/').starts_with(path_.path + '/');
    }

    void check_hsts(const Hsts& hsts) {
        if (hsts.max_age.count() < 0 || hsts.max_age > limits::http_hsts_max_age_max) {
            say("hsts.max_age",
                "is not from 0 to " + std::to_string(limits::http_hsts_max_age_max.count()) + " seconds");
        }
        if (hsts.preload && (!hsts.include_subdomains || hsts.max_age < limits::http_hsts_preload_age_min)) {
            say("hsts.preload", "needs include_subdomains and a max_age of at least " +
                                    std::to_string(limits::http_hsts_preload_age_min.count()) +
                                    " seconds (a year); preload lists reject the host otherwise");
        }
    }

    const Rules& rules_;
    const PathRule& path_;
    std::vector<RuleProblem> problems_;
};

}  // namespace

std::vector<RuleProblem> check_rules(const Rules& rules, const PathRule& path) {
    return Checker(rules, path).check();
}

}  // namespace ferrotunnel::http

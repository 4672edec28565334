#include "cloudflared_routing.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace ferrotunnel::cli::importing::cloudflared {
namespace {

constexpr std::string_view several_labels = "**";

/// Whether all hosts of `inner` belong to `outer`.
bool covers(const std::string& outer, const std::string& inner) {
    return outer == "*" || outer == inner ||
           (outer.starts_with(several_labels) &&
            inner.ends_with(std::string_view(outer).substr(several_labels.size())) && inner != outer);
}

class Router {
public:
    Router(std::span<const Conditions> rules, const std::vector<bool>& answers) : rules_(rules), answers_(answers) {
        for (const Conditions& rule : rules) {
            patterns_.push_back(host_pattern(rule.host));
        }
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const std::vector<std::size_t> effective = rules_of(patterns_[i]);
            const bool is_reached = std::ranges::find(effective, i) != effective.end();
            if (is_reached && std::ranges::find(hosts_, patterns_[i]) == hosts_.end()) {
                hosts_.push_back(patterns_[i]);
            }
        }
    }

    std::vector<Route> routes() const {
        std::vector<Route> routes(rules_.size());
        for (const std::string& host : hosts_) {
            for (const std::size_t i : rules_of(host)) {
                routes[i].hosts.push_back(host);
            }
        }
        for (std::size_t i = 0; i < routes.size(); ++i) {
            routes[i].is_needed = answers_[i] || must_reject(i, routes[i]);
            // The host of the rule itself comes first.
            const auto own = std::ranges::find(routes[i].hosts, patterns_[i]);
            std::rotate(routes[i].hosts.begin(), own, own == routes[i].hosts.end() ? own : std::next(own));
            routes[i].path = path_of(i, routes[i]);
        }
        return routes;
    }

private:
    /// The rules that decide about a host, in their order.
    std::vector<std::size_t> rules_of(const std::string& host) const {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            const bool is_new = std::ranges::none_of(
                found, [&](std::size_t earlier) { return rules_[earlier].path == rules_[i].path; });
            if (!covers(patterns_[i], host) || !is_new) {
                continue;
            }
            found.push_back(i);
            if (rules_[i].path.empty()) {
                break;
            }
        }
        return found;
    }

    bool answers_for(const std::string& host) const {
        return std::ranges::any_of(rules_of(host), [this](std::size_t i) { return answers_[i]; });
    }

    /// Whether a rule without a backend keeps requests from reaching one, by another rule or another host.
    bool must_reject(std::size_t rule, const Route& route) const {
        return std::ranges::any_of(route.hosts, [&](const std::string& host) {
            const std::vector<std::size_t> effective = rules_of(host);
            const auto own = std::ranges::find(effective, rule);
            if (std::any_of(own, effective.end(), [this](std::size_t i) { return answers_[i]; })) {
                return true;
            }
            return !answers_for(host) && std::ranges::any_of(hosts_, [&](const std::string& other) {
                return other != host && covers(other, host) && answers_for(other);
            });
        });
    }

    /// Expressions precede prefixes here, and the longest prefix wins. So plain paths are used if no order of two rules
    /// matters.
    bool may_be_plain(const std::string& host) const {
        std::vector<std::string> earlier;
        for (const std::size_t i : rules_of(host)) {
            if (rules_[i].path.empty()) {
                continue;
            }
            const std::string plain = plain_path(rules_[i].path);
            if (plain.empty()) {
                return false;
            }
            const std::string path = plain.starts_with("= ") ? plain.substr(2) : plain;
            if (std::ranges::any_of(earlier, [&](const std::string& prefix) { return path.starts_with(prefix); })) {
                return false;
            }
            earlier.push_back(path);
        }
        return true;
    }

    std::string path_of(std::size_t rule, const Route& route) const {
        const std::string& path = rules_[rule].path;
        if (path.empty()) {
            return {};
        }
        const bool plain =
            std::ranges::all_of(route.hosts, [this](const std::string& host) { return may_be_plain(host); });
        return plain && !plain_path(path).empty() ? plain_path(path) : "~ " + whole_path_expression(path);
    }

    std::span<const Conditions> rules_;
    const std::vector<bool>& answers_;
    std::vector<std::string> patterns_;  // of the rules
    std::vector<std::string> hosts_;     // each once
};

bool is_literal(std::string_view text) {
    return text.starts_with('/') && text.size() > 1 && !text.ends_with('/') &&
           text.find("//") == std::string_view::npos &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-~") ==
               std::string_view::npos;
}

}  // namespace

std::string host_pattern(std::string_view host) {
    if (host.empty() || host == "*") {
        return "*";
    }
    std::string pattern(host.starts_with("*.") ? "*" : "");
    for (const char c : host) {
        pattern += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return pattern;
}

std::vector<Route> routes_of(std::span<const Conditions> rules, const std::vector<bool>& answers) {
    return Router(rules, answers).routes();
}

std::string whole_path_expression(std::string_view expression) {
    if (expression.find('|') != std::string_view::npos || expression.starts_with("(?")) {
        return ".*(?:" + std::string(expression) + ").*";
    }
    const bool has_begin = expression.starts_with('^');
    const bool has_end = expression.ends_with('$') && !expression.ends_with("\\$");
    if (has_begin) {
        expression.remove_prefix(1);
    }
    if (has_end) {
        expression.remove_suffix(1);
    }
    std::string whole = has_begin || expression.starts_with(".*") ? "" : ".*";
    whole += expression;
    return has_end || (expression.ends_with(".*") && !expression.ends_with("\\.*")) ? whole : whole + ".*";
}

std::string plain_path(std::string_view expression) {
    if (!expression.starts_with('^')) {
        return {};
    }
    expression.remove_prefix(1);
    for (const std::string_view ending : {"(/.*)?$", "(?:/.*)?$", "(/|$)", "(?:/|$)", "($|/)", "(?:$|/)"}) {
        if (expression.ends_with(ending)) {
            const std::string_view prefix = expression.substr(0, expression.size() - ending.size());
            return is_literal(prefix) ? std::string(prefix) : std::string();
        }
    }
    if (expression.ends_with('$') && is_literal(expression.substr(0, expression.size() - 1))) {
        return "= " + std::string(expression.substr(0, expression.size() - 1));
    }
    return {};
}

}  // namespace ferrotunnel::cli::importing::cloudflared

// RouteTable::explain(): describes the steps of a lookup in words.
#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "routes/route_tables.hpp"

namespace ferrotunnel::routes {
namespace {

/// How many rules that do not match are listed; matching ones are always listed.
constexpr std::size_t unfit_lines_max = 20;

// A rule as text: `app.example.com` `/api` (service web)
std::string rule_text(const Route& route) {
    return in_backticks(route.host.text()) + ' ' + in_backticks(route.path.text()) +
           (route.name.empty() ? "" : " (" + route.name + ")");
}

// A reading may have any byte; it is printed like a rule's path.
std::string printable_path(std::string_view reading) {
    return http::PathRule{http::PathRule::Kind::prefix, std::string(reading)}.text();
}

bool is_below(std::string_view path, std::string_view prefix) {
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

class Explainer {
public:
    Explainer(const RouteTable::Tables& tables, std::string_view host, std::string_view path)
        : tables_(tables), host_(host), path_(path == "*" ? "/" : path) {}

    RouteExplanation explain() {
        LookupSteps steps;
        RouteExplanation result;
        result.match = tables_.find(host_, path_, steps);
        const RouteTable::Tables::HostRules* rules = tables_.find_host(host_, steps);
        explain_host(rules);
        if (rules != nullptr) {
            explain_paths(result.match, *rules);
        }
        if (result.match) {
            say("So the request matches " + rule_text(tables_.routes[result.match.route]) + '.');
        }
        result.lines = std::move(lines_);
        return result;
    }

private:
    void say(std::string line) { lines_.push_back(std::move(line)); }

    void explain_host(const RouteTable::Tables::HostRules* chosen) {
        for (const auto kind : {http::HostPattern::Kind::exact, http::HostPattern::Kind::one_label,
                                http::HostPattern::Kind::any_labels, http::HostPattern::Kind::any}) {
            explain_kind(kind, chosen);
        }
        if (chosen == nullptr) {
            say("So the host is unknown: 404.");
        }
    }

    void explain_kind(http::HostPattern::Kind kind, const RouteTable::Tables::HostRules* chosen) {
        std::vector<const http::HostPattern*> fitting;
        for (const RouteTable::Tables::HostInfo& info : tables_.infos) {
            if (info.pattern.kind == kind && info.pattern.matches(host_)) {
                fitting.push_back(&info.pattern);
            }
        }
        std::sort(fitting.begin(), fitting.end(),
                  [](const auto* a, const auto* b) { return a->host.size() > b->host.size(); });
        if (fitting.empty()) {
            say(missing(kind));
        }
        for (const http::HostPattern* pattern : fitting) {
            const bool taken = chosen != nullptr && pattern == &tables_.info_of(*chosen).pattern;
            say(in_backticks(pattern->text()) +
                (taken ? " matches the host: its rules decide."
                       : " matches the host too, but a more specific one has precedence."));
        }
    }

    std::string missing(http::HostPattern::Kind kind) const {
        switch (kind) {
            case http::HostPattern::Kind::exact:
                return "No rule is for the host " + in_backticks(host_) + " itself.";
            case http::HostPattern::Kind::one_label:
                return "No rule with `*.` matches.";
            case http::HostPattern::Kind::any_labels:
                return "No rule with `**.` matches.";
            case http::HostPattern::Kind::any:
                break;
        }
        return "There is no default service (`*`).";
    }

    void explain_paths(const RouteMatch& match, const RouteTable::Tables::HostRules& rules) {
        if (match.fault != http::PathFault::none) {
            say("The path " + std::string(http::describe(match.fault)) + ": 400.");
            return;
        }
        http::PathReadings readings;
        (void)readings.assign(path_);
        http::PathBuffer buffer;
        const std::string literal(readings.reading(0, buffer));
        if (literal != path_) {
            say("The path is compared as " + in_backticks(printable_path(literal)) + '.');
        }
        if (readings.count() > 1) {
            explain_readings(readings, rules);
        }
        if (match.outcome == RouteOutcome::ambiguous_path) {
            say("Backends would choose different rules, so the request is rejected: 400.");
            return;
        }
        explain_rules(literal, match, rules);
        if (!match) {
            say("So no rule of " + in_backticks(tables_.info_of(rules).pattern.text()) +
                " is for the path: 404. Rules of less specific hosts are not used.");
        }
    }

    void explain_readings(const http::PathReadings& readings, const RouteTable::Tables::HostRules& rules) {
        for (std::size_t i = 0; i < readings.count(); ++i) {
            http::PathBuffer buffer;
            LookupSteps steps;
            const std::string_view reading = readings.reading(i, buffer);
            const std::uint32_t route = tables_.find_path(rules, reading, steps);
            say("A backend that " + readings.describe_reading(i) + " reads " + in_backticks(printable_path(reading)) +
                ", which matches " +
                (route == no_route ? "no rule." : in_backticks(tables_.routes[route].path.text()) + '.'));
        }
    }

    void explain_rules(std::string_view path, const RouteMatch& match, const RouteTable::Tables::HostRules& rules) {
        std::vector<std::uint32_t> order = tables_.info_of(rules).routes;
        std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
            const http::PathRule& left = tables_.routes[a].path;
            const http::PathRule& right = tables_.routes[b].path;
            return left.kind != right.kind
                       ? left.kind < right.kind
                       : left.kind != http::PathRule::Kind::regex && left.path.size() > right.path.size();
        });
        std::size_t unfit = 0;
        for (const std::uint32_t route : order) {
            const http::PathRule& rule = tables_.routes[route].path;
            const std::string why = why_not(rule, path);
            if (match && route == match.route) {
                say(in_backticks(rule.text()) + " matches the path and has precedence: it is used.");
            } else if (why.empty()) {
                say(in_backticks(rule.text()) + " matches too, but has lower precedence: " + why_later(rule));
            } else if (++unfit <= unfit_lines_max) {
                say(in_backticks(rule.text()) + ' ' + why);
            }
        }
        if (unfit > unfit_lines_max) {
            say("And " + std::to_string(unfit - unfit_lines_max) + " more rules that do not match the path.");
        }
    }

    // Why the rule does not match the path. Empty if it does.
    std::string why_not(const http::PathRule& rule, std::string_view path) const {
        switch (rule.kind) {
            case http::PathRule::Kind::equals:
                return rule.path == path ? "" : "matches only that one path.";
            case http::PathRule::Kind::regex:
                return rule.expression.matches(path) ? "" : "does not match the whole path.";
            case http::PathRule::Kind::prefix:
                break;
        }
        if (is_below(path, rule.path)) {
            return "";
        }
        return path.starts_with(rule.path) ? "does not match: it ends inside a segment of the path."
                                           : "does not match: the path is not below it.";
    }

    static std::string why_later(const http::PathRule& rule) {
        switch (rule.kind) {
            case http::PathRule::Kind::equals:
                break;  // the only one that matches, and always the first
            case http::PathRule::Kind::regex:
                return "equal paths precede expressions, and earlier expressions precede later ones.";
            case http::PathRule::Kind::prefix:
                return "equal paths, expressions and longer prefixes precede a prefix.";
        }
        return "";
    }

    const RouteTable::Tables& tables_;
    std::string_view host_;
    std::string_view path_;
    std::vector<std::string> lines_;
};

}  // namespace

RouteExplanation RouteTable::explain(std::string_view host, std::string_view path) const {
    return Explainer(*tables_, host, path).explain();
}

}  // namespace ferrotunnel::routes

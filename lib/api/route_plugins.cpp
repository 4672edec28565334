#include "api/route_plugins.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"
#include "ferrotunnel/error.hpp"
#include "http/page.hpp"
#include "net/ip_text.hpp"
#include "plugin/condition.hpp"
#include "plugin/scope.hpp"
#include "settings/plugin_scope.hpp"

namespace ferrotunnel::detail {
namespace {

using Runs = HttpRoutePlugin::Runs;

/// The fields of a request, without notes: no plugin has run.
class HeadMaps final : public plugin::ConditionMaps {
public:
    explicit HeadMaps(const http::RequestHead& head) noexcept : head_(head) {}

    std::optional<std::string_view> header(std::string_view name) const override { return head_.fields.first(name); }
    std::optional<std::string_view> note(std::string_view /*name*/) const override { return std::nullopt; }

private:
    const http::RequestHead& head_;
};

template <typename Items, typename TextOf>
std::string list_of(const Items& items, TextOf text_of) {
    std::string list;
    for (const auto& item : items) {
        list += (list.empty() ? "" : ", ") + in_backticks(text_of(item));
    }
    return list;
}

HttpRoutePlugin no(std::string why) {
    return {{}, Runs::no, std::move(why)};
}

// Whether the instance at `i` runs; `is_in_scope`: whether its scope matches.
HttpRoutePlugin explained(const plugin::InstanceOptions& options, bool is_in_scope, const RouteFacts& facts,
                          const plugin::ConditionRequest& request) {
    const plugin::Scope& scope = options.scope;
    const auto text = [](const auto& pattern) { return pattern.text(); };
    if (!scope.has_host(facts.host)) {
        return no("its hosts, " + list_of(scope.hosts, text) + ", do not include " +
                  in_backticks(std::string(facts.host)));
    }
    if (!scope.has_service(facts.service)) {
        return no("its services, " + list_of(scope.services, [](const std::string& name) { return name; }) +
                  ", do not include " + in_backticks(std::string(facts.service)));
    }
    if (!is_in_scope) {
        return no("its paths, " + list_of(scope.paths, text) + ", do not include " +
                  in_backticks(std::string(facts.head.target.path)));
    }
    if (!options.when) {
        return {{}, Runs::yes, scope.is_everything() ? "it is for all requests" : "its scope includes the request"};
    }
    const std::vector<plugin::NoteRead> notes = plugin::notes_read_by(*options.when);
    if (!notes.empty()) {
        return {{}, Runs::depends, "its condition depends on the note " + in_backticks(notes.front().name)};
    }
    return plugin::evaluate(*options.when, request, HeadMaps(facts.head)) == plugin::Verdict::runs
               ? HttpRoutePlugin{{}, Runs::yes, "its condition holds"}
               : no("its condition does not hold");
}

void refuse(http::PageState state, std::string_view code, std::string why, HttpRoute& route) {
    route.outcome = HttpRoute::Outcome::page;
    route.status = http::info_of(state).status;
    route.code = code;
    route.why.push_back(std::move(why));
    route.request.clear();
    route.notes.clear();
    route.plugins.clear();
}

}  // namespace

RoutePlugins::RoutePlugins(const std::vector<PluginUse>& uses) {
    std::vector<Problem> problems;
    for (std::size_t i = 0; i < uses.size(); ++i) {
        plugin::InstanceOptions& options = chain_.emplace_back();
        options.id = uses[i].id.empty() ? uses[i].type : uses[i].id;
        options.observe = uses[i].observe;
        compile_plugin_scope(uses[i], "plugins[" + std::to_string(i) + "]", options, problems);
    }
    if (uses.size() > limits::plugin_instances_max) {
        problems.push_back({"plugins", "are " + std::to_string(uses.size()) + "; there may be up to " +
                                           std::to_string(limits::plugin_instances_max)});
    }
    if (!problems.empty()) {
        throw config_error(std::move(problems));
    }
}

void RoutePlugins::explain(const RouteFacts& facts, HttpRoute& route) const {
    if (chain_.empty()) {
        return;
    }
    if (!net::parse_ipv4(facts.visitor) && !net::parse_ipv6(facts.visitor)) {
        throw config_error({Problem{"visitor", "is not a valid IP address; expected one like 192.0.2.7"}});
    }
    std::vector<const plugin::Scope*> scopes;
    for (const plugin::InstanceOptions& options : chain_) {
        scopes.push_back(&options.scope);
    }
    const http::RequestHead& head = facts.head;
    const std::string_view path = head.target.path;
    const plugin::InScope in_scope = plugin::ScopeTable(scopes).find(facts.host, facts.service, path);
    if (in_scope.outcome == plugin::ScopeOutcome::bad_path) {
        refuse(http::PageState::bad_request, "bad_path", "The path cannot be compared with the paths of plugins: 400.",
               route);
        return;
    }
    const auto size = head.body.kind == http::BodyKind::length ? static_cast<std::int64_t>(head.body.length) : 0;
    const plugin::ConditionRequest request{head.method_text, path, head.target.query, facts.host, facts.visitor,
                                           facts.service,    size, facts.https};
    for (std::size_t i = 0; i < chain_.size(); ++i) {
        const bool is_in_scope = (in_scope.instances & plugin::bit_of(i)) != 0;
        const auto& when = chain_[i].when;
        const bool is_unclear = in_scope.outcome == plugin::ScopeOutcome::ambiguous_path ||
                                (is_in_scope && when && plugin::notes_read_by(*when).empty() &&
                                 plugin::evaluate(*when, request, HeadMaps(head)) == plugin::Verdict::depends);
        if (is_unclear) {
            refuse(http::PageState::ambiguous_path, "ambiguous_path",
                   "Backends read the path in different ways, which would select different plugins, so the request is "
                   "rejected: 400.",
                   route);
            return;
        }
        HttpRoutePlugin& told = route.plugins.emplace_back(explained(chain_[i], is_in_scope, facts, request));
        told.plugin = chain_[i].id;
        if (told.runs == Runs::yes && !chain_[i].observe && chain_[i].scope.rejects(path)) {
            refuse(http::PageState::ambiguous_path, "ambiguous_path",
                   "The plugin " + in_backticks(chain_[i].id) +
                       " rejects paths that backends read in different ways: 400.",
                   route);
            return;
        }
    }
}

}  // namespace ferrotunnel::detail

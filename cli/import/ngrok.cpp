// Files of ngrok's agent, of version 1, 2 and 3.
#include "ngrok.hpp"

#include "readers.hpp"

namespace ferrotunnel::cli::importing {
namespace ngrok {
namespace {

bool is_map(const Value* value) {
    return value != nullptr && value->kind == Value::Kind::map;
}

/// `inspect` belongs to each tunnel there, and to the whole client here.
void settle_inspection(Draft& draft, const std::vector<Keys>& tunnels) {
    bool all = true;
    bool any = false;
    for (Keys tunnel : tunnels) {
        const bool inspects = tunnel.boolean(draft, "inspect").value_or(true);
        all = all && inspects;
        any = any || inspects;
    }
    if (!all && draft.client.find("inspect") == nullptr) {
        draft.client.set("inspect", false);
    }
    for (Keys tunnel : tunnels) {
        const Origin origin = tunnel.origin("inspect");
        if (!all && any && tunnel.boolean(draft, "inspect") == false) {
            draft.ask(origin, "inspection is of the whole client here, so it is off for all its services");
        }
        tunnel.skip(draft, "inspect", "`client.inspect` is for all services of a client");
    }
}

/// ngrok inspects, and shows it in a browser, unless a file turns that off.
void settle_defaults(Draft& draft) {
    if (draft.client.find("services") == nullptr) {
        return;
    }
    if (draft.client.find("inspect") == nullptr) {
        draft.client.set("inspect", true);
    }
    if (draft.client.find("dashboard") == nullptr) {
        draft.client.set("dashboard", "default");
    }
}

}  // namespace
}  // namespace ngrok

bool looks_like_ngrok(const Source& source) {
    const Value& root = source.root;
    if (source.format != Format::yaml && source.format != Format::json) {
        return false;
    }
    if (ngrok::is_map(root.find("client")) || ngrok::is_map(root.find("server")) ||
        root.find("serverAddr") != nullptr || root.find("ingress") != nullptr) {
        return false;
    }
    const Value* const endpoints = root.find("endpoints");
    return root.find("authtoken") != nullptr || ngrok::is_map(root.find("agent")) ||
           ngrok::is_map(root.find("tunnels")) || (endpoints != nullptr && endpoints->kind == Value::Kind::list);
}

Draft read_ngrok(std::span<const Source> sources) {
    Draft draft;
    if (!sources.empty()) {
        add_login_to_fill_in(draft, {sources.front().file, 0, {}});
    }
    for (const Source& source : sources) {  // ngrok merges its files, too
        Keys root(source, source.root);
        root.ignore("version");
        ngrok::read_agent(draft, root);
        Keys agent = root.map("agent");
        ngrok::read_agent(draft, agent);
        std::vector<Keys> tunnels = root.maps("tunnels");
        for (Keys& tunnel : tunnels) {
            ngrok::read_tunnel(draft, tunnel);
        }
        ngrok::settle_inspection(draft, tunnels);
        for (Keys& endpoint : root.maps("endpoints")) {
            ngrok::read_endpoint(draft, endpoint);
        }
        root.lose_rest(draft);
    }
    ngrok::settle_defaults(draft);
    return draft;
}

}  // namespace ferrotunnel::cli::importing

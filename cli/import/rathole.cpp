// Files of rathole: TOML with `[client]` on one machine, and `[server]`, which has the public ports, on the other.
#include "rathole.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "guards.hpp"
#include "readers.hpp"

namespace ferrotunnel::cli::importing {
namespace rathole {
namespace {

Service read_service(Draft& draft, Keys keys, const Credential& common) {
    std::string type = keys.text("type").value_or("tcp");
    bool is_readable = true;
    for (const std::string_view key : {"type", "token", "token_file"}) {
        is_readable = !lose_unreadable(draft, keys, key, Form::text) && is_readable;
    }
    if (!is_readable) {  // with the token of others, they could offer the service
        lose_whole(draft, keys, "its type or its token cannot be read");
        return {std::move(keys), std::move(type), {}, {}, false};
    }
    Credential own = read_credential(draft, keys);
    if (!own.is_set()) {
        own = common;
    }
    return {std::move(keys), std::move(type), std::move(own), {}, true};
}

Part read_part(Draft& draft, Keys keys, Side side) {
    Part part{std::move(keys), side, {}, {}};
    part.credential = read_credential(draft, part.keys, "default_");
    for (Keys& service : part.keys.maps("services")) {
        part.services.push_back(read_service(draft, std::move(service), part.credential));
        part.places.try_emplace(part.services.back().name(), part.services.size() - 1);
    }
    return part;
}

void keep(std::optional<Part>& place, Draft& draft, Keys keys, Side side) {
    if (place) {
        throw SourceError(keys.origin(), fmt::format("[{}] is in {} too; import one server with one client at a time",
                                                     keys.key(), place->keys.source().file));
    }
    place = read_part(draft, std::move(keys), side);
}

void set_address(Draft& draft, Part& part, std::string_view key, std::string_view path) {
    const auto text = part.keys.text(key);
    const auto address = text ? address_of(*text) : std::nullopt;
    if (address) {
        draft.set(part.side, path, *address, part.keys.origin(key));
    } else if (part.keys.has(key)) {
        part.keys.lose(draft, key, "it is not a host with a port from 1 to 65535");
    }
}

void read_server(Draft& draft, Part& server) {
    set_address(draft, server, "bind_addr", "bind");
    draft.server.at("token");              // settle_credentials fills it in
    draft.server.set("http_bind", false);  // no port is open that rathole did not have
    read_public_ports(draft, server);
    read_connection(draft, server);
}

void read_client(Draft& draft, Part& client) {
    set_address(draft, client, "remote_addr", "server");
    draft.client.at("token");
    read_connection(draft, client);
}

bool is_side(const Source& source, std::string_view side, std::string_view address) {
    const Value* const part = source.root.find(side);
    if (part == nullptr || part->kind != Value::Kind::map) {
        return false;
    }
    const Value* const services = part->find("services");
    return part->find(address) != nullptr || (services != nullptr && services->kind == Value::Kind::map);
}

}  // namespace

const Service* Part::find(std::string_view name) const {
    const auto found = places.find(name);
    return found == places.end() ? nullptr : &services[found->second];
}

Service* Part::find(std::string_view name) {
    const auto found = places.find(name);
    return found == places.end() ? nullptr : &services[found->second];
}

}  // namespace rathole

bool looks_like_rathole(const Source& source) {
    return source.format == Format::toml &&
           (rathole::is_side(source, "client", "remote_addr") || rathole::is_side(source, "server", "bind_addr"));
}

Draft read_rathole(std::span<const Source> sources) {
    Draft draft;
    rathole::Setup setup;
    std::vector<Keys> roots;
    for (const Source& source : sources) {
        const Keys& root = roots.emplace_back(source, source.root);
        if (root.has("server")) {
            rathole::keep(setup.server, draft, root.map("server"), Side::server);
        }
        if (root.has("client")) {
            rathole::keep(setup.client, draft, root.map("client"), Side::client);
        }
    }
    if (setup.server) {
        rathole::read_server(draft, *setup.server);
    }
    if (setup.client) {
        rathole::read_client(draft, *setup.client);
    }
    rathole::join_services(draft, setup);
    rathole::settle_credentials(draft, setup);
    for (const Keys& root : roots) {
        root.lose_rest(draft);
    }
    return draft;
}

}  // namespace ferrotunnel::cli::importing

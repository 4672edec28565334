// Tokens of rathole, which belong to services, as tokens of logins with rights, and of services where a client has
// several.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "limits.hpp"
#include "rathole.hpp"

namespace ferrotunnel::cli::importing::rathole {
namespace {

void add_once(Node& list, const std::string& text) {
    if (std::ranges::find(list.children(), text, &Node::scalar) == list.children().end()) {
        list.add(text);
    }
}

/// Services of the server with the same login.
struct Login {
    Credential credential;
    std::string name;
    std::vector<const Service*> services;
};

class Credentials {
public:
    Credentials(Draft& draft, Setup& setup) : draft_(draft), setup_(setup) {}

    void settle() {
        if (setup_.server) {
            collect(*setup_.server);
        }
        if (setup_.client) {
            collect(*setup_.client);
            settle_client();
        }
        if (setup_.server) {
            settle_server();
        }
    }

private:
    using Key = std::pair<std::string, std::string>;  // of a credential

    /// Names the files of tokens, the same for both sides.
    void collect(const Part& part) {
        if (part.credential.is_set()) {
            name(part.credential, "token");
        }
        for (const Service& service : part.services) {
            name(service.credential, stems_.empty() ? "token" : valid_name(service.name()) + ".token");
        }
    }

    void name(const Credential& credential, std::string text) {
        if (credential.is_set() && stems_.try_emplace(credential.key(), std::move(text)).second &&
            stems_.size() > secrets_max) {
            throw SourceError(credential.origin, "there are more than 1,000 secrets");
        }
    }

    std::string reference(Side side, const Credential& credential) {
        if (!credential.file.empty()) {
            return "file:" + credential.file;
        }
        const auto stem = stems_.find(credential.key());
        return draft_.token(side, stem == stems_.end() ? "token" : stem->second, credential.value, credential.origin);
    }

    /// The token of the login: the only one, or the default one, or that of the first service.
    Credential login_of(const Part& client) const {
        const Credential* first = nullptr;
        bool uses_default = false;
        bool has_several = false;
        for (const Service& service : client.services) {
            if (!service.credential.is_set()) {
                continue;
            }
            first = first == nullptr ? &service.credential : first;
            has_several = has_several || !service.credential.is_same(*first);
            uses_default = uses_default || service.credential.is_same(client.credential);
        }
        return first == nullptr || (has_several && uses_default) ? client.credential : *first;
    }

    void settle_client() {
        Part& client = *setup_.client;
        login_ = login_of(client);
        if (!login_.is_set()) {
            lose_token(client);
            return;
        }
        if (!login_.is_same(client.credential)) {
            skip_default(client);
        }
        draft_.set(Side::client, "token", reference(Side::client, login_), login_.origin);
        const auto nodes = nodes_by_name();
        for (const Service& service : client.services) {
            if (!service.is_offered || !service.credential.is_set() || service.credential.is_same(login_)) {
                continue;
            }
            const auto [first, last] = nodes.equal_range(valid_name(service.name()));
            for (auto node = first; node != last; ++node) {
                node->second->set("token", reference(Side::client, service.credential), service.credential.origin);
            }
        }
        if (!setup_.server && stems_.size() > 1) {
            draft_.ask(client.keys.origin(),
                       "services with tokens of their own need the same ones in `server.services`: import this file "
                       "together with the server's");
        }
    }

    std::multimap<std::string, Node*> nodes_by_name() {
        std::multimap<std::string, Node*> nodes;
        if (draft_.client.find("services") != nullptr) {
            for (Node& node : draft_.client.at("services").children()) {
                const Node* const name = node.find("name");
                nodes.emplace(name != nullptr ? name->scalar() : std::string(), &node);
            }
        }
        return nodes;
    }

    void settle_server() {
        Part& server = *setup_.server;
        std::vector<Login> logins;
        for (const Service& service : server.services) {
            if (service.place) {
                group(logins, service);
            }
        }
        if (logins.empty() && server.credential.is_set()) {
            logins.push_back({server.credential, "token", {}});
        }
        if (std::ranges::none_of(logins,
                                 [&](const Login& login) { return login.credential.is_same(server.credential); })) {
            skip_default(server);
        }
        if (logins.empty()) {
            lose_token(server);
        } else if (logins.size() == 1) {
            const Credential& only = logins.front().credential;
            draft_.set(Side::server, "token", reference(Side::server, only), only.origin);
        } else {
            for (const Login& login : logins) {
                add_login(login);
            }
        }
    }

    /// The default token of a side whose services all have tokens of their own.
    void skip_default(const Part& part) {
        if (part.credential.is_set()) {
            const bool is_value = !part.credential.value.empty();
            draft_.skip(part.credential.origin, part.keys.full(is_value ? "default_token" : "default_token_file"),
                        "every service has a token of its own");
        }
    }

    void lose_token(const Part& part) {
        draft_.of(part.side).set("token", draft_.token(part.side, "token", "", part.keys.origin()));
        draft_.lose(part.keys.origin(), part.keys.full("default_token"), "there is no token, which is required here",
                    "copy the other side's file `token` here; only if there is none yet, make one: `ferrotunnel token "
                    "> token; chmod 600 token`");
    }

    /// Adds the service to the login of its client: with a client's file, that of the client.
    void group(std::vector<Login>& logins, const Service& service) {
        Credential credential = service.credential;
        const Service* const client = setup_.client ? setup_.client->find(service.name()) : nullptr;
        if (client != nullptr && client->is_offered) {
            if (!client->credential.is_same(service.credential)) {
                draft_.lose(service.credential.origin, service.keys.full("token"),
                            "the client's file has another token for this service",
                            "write the same token into both files, and import again");
            } else if (!service.credential.is_same(login_)) {
                guard(service);
                credential = of_server(login_);
            }
        }
        if (!credential.is_set()) {
            return;
        }
        auto login =
            std::ranges::find_if(logins, [&](const Login& each) { return each.credential.is_same(credential); });
        if (login == logins.end()) {
            const bool is_default = credential.is_same(setup_.server->credential);
            login = logins.insert(login, {credential, is_default ? "default" : valid_name(service.name()), {}});
        }
        login->services.push_back(&service);
    }

    /// The same token in the server's file, if that has it.
    Credential of_server(const Credential& credential) {
        if (of_server_.empty()) {
            of_server_.emplace(setup_.server->credential.key(), &setup_.server->credential);
            for (const Service& service : setup_.server->services) {
                of_server_.try_emplace(service.credential.key(), &service.credential);
            }
        }
        const auto same = of_server_.find(credential.key());
        return same == of_server_.end() ? credential : *same->second;
    }

    void guard(const Service& service) {
        Node& item = draft_.server.at("services").add();
        item.set("name", valid_name(service.name()), service.keys.origin());
        item.set("token", reference(Side::server, service.credential), service.credential.origin);
        item.set("ports", service.place->port, service.keys.origin("bind_addr"));
    }

    void add_login(const Login& login) {
        Node& item = draft_.server.at("token").add();
        item.set("name", login.name, login.credential.origin);
        item.set("secret", reference(Side::server, login.credential), login.credential.origin);
        for (const Service* const service : login.services) {
            item.child("ports").add(service->place->port, service->keys.origin("bind_addr"));
        }
        for (const Service* const service : login.services) {
            add_once(item.child("kinds"), service->type);
        }
        for (const Service* const service : login.services) {
            add_once(item.child("bind"), service->place->host);
        }
    }

    Draft& draft_;
    Setup& setup_;
    std::map<Key, std::string> stems_;
    std::map<Key, const Credential*> of_server_;
    Credential login_;
};

}  // namespace

Credential read_credential(Draft& draft, Keys& keys, std::string_view prefix) {
    const std::string text = fmt::format("{}token", prefix);
    const std::string file = fmt::format("{}token_file", prefix);
    const auto value = keys.text(text);
    const auto path = keys.text(file);
    if (value) {
        if (path) {
            keys.lose(draft, file, fmt::format("`{}` takes precedence over it", text));
        }
        return {*value, {}, keys.origin(text)};
    }
    if (path) {
        ask_about_relative_path(draft, keys.origin(file), *path);
        return {{}, *path, keys.origin(file)};
    }
    return {};
}

void settle_credentials(Draft& draft, Setup& setup) {
    Credentials(draft, setup).settle();
}

}  // namespace ferrotunnel::cli::importing::rathole

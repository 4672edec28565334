// A member of a cluster that shares tokens with another one, without links.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/shared_tokens.hpp"
#include "unit/api/server_parts.hpp"
#include "unit/directory/fake_values.hpp"

namespace ferrotunnel::detail {

/// The member a, whose settings have the token "one"; b has the same values.
struct TokenParts {
    using Names = std::set<std::string>;
    using Outcome = SharedTokens::Outcome;

    TokenParts() {
        parts.shared->values = values;
        runtime::test::on(parts.worker(), [&] {
            parts.shared_rights.watch();
            tokens().watch();
        });
    }

    template <typename Action>
    auto on_worker(Action action) {
        return runtime::test::on(parts.worker(), std::move(action));
    }
    SharedTokens& tokens() { return parts.reload.shared_tokens(); }
    TokenTable& table() { return parts.reload.tokens(); }

    Outcome add(const std::string& name, const Secret& secret, const admin::Json& rights = admin::Json::object()) {
        return on_worker([&] { return tokens().add({name, std::string(secret.reveal()), rights}); });
    }
    Outcome set_rights(const std::string& name, const admin::Json& rights) {
        return on_worker([&] { return tokens().set_rights({name, rights}); });
    }
    Outcome remove(const std::string& name) {
        return on_worker([&] { return tokens().remove({name}); });
    }
    /// What b puts at this key, as a hears of it.
    void put(const std::string& name, const std::string& text) {
        on_worker([&] { b.set("token/" + name, text, Duration::zero()); });
    }
    static std::string value_of(const Secret& secret, const admin::Json& rights = admin::Json::object()) {
        return admin::Json{{"secret", std::string(secret.reveal())}, {"rights", rights}}.dump();
    }

    /// Names of the cluster's tokens in force here. What was changed before this call has been read.
    Names names() {
        on_worker([] {});  // read() was posted before this
        return table().shared_names();
    }
    /// The name of the token in force with this secret; empty: there is none.
    std::string name_by(const Secret& secret) {
        on_worker([] {});
        const auto token = parts.shared->tokens.find(login::parse_token(secret.reveal()).value().id);
        return token ? token->name : std::string();
    }
    /// Whether a client with this secret is admitted.
    bool is_admitted(const Secret& secret) {
        auto [near, far] = transport::test::tcp_pair();
        on_worker([&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            parts.sessions.admit(std::move(*socket), runtime::peer_address(socket->get()));
        });
        session::test::WireClient client(std::move(far), login::parse_token(secret.reveal()).value(), {});
        const bool is_welcome = client.log_in();
        clients.push_back(std::move(client));
        return is_welcome;
    }

    directory::test::FakeCluster cluster;
    const std::shared_ptr<directory::test::FakeValues> values =
        std::make_shared<directory::test::FakeValues>(cluster, "a");
    directory::test::FakeValues b{cluster, "b"};
    std::vector<session::test::WireClient> clients;
    ServerParts parts;
};

}  // namespace ferrotunnel::detail

// Looking up tokens in plugins, a part of plugin.hpp: since minor version 6 of the interface. A client names its token
// by an id; the plugin returns the token, which the client then has to prove.
//
//    static void check(const Settings& settings) { settings.looks_up_tokens(); }
//    void on_token(const TokenQuery& query, TokenReply reply) override {
//        const auto user = users_.find(query.token_id);
//        user ? std::move(reply).accept({.secret = user->token, .name = user->name}) : std::move(reply).refuse();
//    }
//
// The server bounds the calls that wait, in all and for each address, and waits 5 s for an answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// What a client states that has not proved its token yet. Texts are the client's, and valid until the hook returns.
struct TokenQuery {
    Text token_id;  ///< 16 hexadecimal digits, from a hash of the token: see ferrotunnel::token_id
    Text address;   ///< the client's, without port
    std::uint16_t port = 0;
    Text name;   ///< the client's own name, or empty
    Text agent;  ///< its program and version
    std::vector<std::pair<Text, Text>> metadata{};
};

/// A token as the plugin knows it.
struct TokenGrant {
    std::string secret{};  ///< the token; its id is the one of the query
    std::string name{};    ///< in logs and rights; empty: the id
    /// JSON, an object with keys of `server.token[]` without `name`, `secret` and `also`; empty: the rights of every
    /// token
    std::string rights{};
    /// How long later logins with the token are accepted without a call, at most 24 h.
    std::chrono::milliseconds cached_for{0};
    /// How much longer they are if the plugin fails to answer, at most 24 h.
    std::chrono::milliseconds stale_for{0};
};

/// The right to answer once, on any thread. Destroyed without an answer, it fails. A late or second answer does
/// nothing.
class TokenReply {
public:
    explicit TokenReply(ft_token_reply* reply) noexcept : reply_(reply) {}
    TokenReply(TokenReply&& other) noexcept : reply_(std::exchange(other.reply_, nullptr)) {}
    TokenReply& operator=(TokenReply&& other) noexcept {
        std::swap(reply_, other.reply_);
        return *this;
    }
    ~TokenReply() { std::move(*this).fail("the plugin has dropped the query"); }

    void accept(const TokenGrant& grant) && {
        ft_token_reply* const reply = std::exchange(reply_, nullptr);
        if (reply == nullptr) {
            return;
        }
        const auto ns = [](std::chrono::milliseconds time) {
            return time.count() > 0 ? static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count())
                                    : std::uint64_t{0};
        };
        const ft_token_grant theirs{sizeof(ft_token_grant),     detail::text(grant.secret), detail::text(grant.name),
                                    detail::text(grant.rights), ns(grant.cached_for),       ns(grant.stale_for)};
        detail::api.tokens->accept(reply, &theirs);
    }
    /// The token does not exist: the client is answered as if its proof were wrong.
    void refuse() && {
        if (ft_token_reply* const reply = std::exchange(reply_, nullptr)) {
            detail::api.tokens->refuse(reply);
        }
    }
    /// The token cannot be looked up now: the client is asked to try again. `why` is for the server's log.
    void fail(Text why) && {
        if (ft_token_reply* const reply = std::exchange(reply_, nullptr)) {
            detail::api.tokens->fail(reply, detail::text(why));
        }
    }

private:
    ft_token_reply* reply_;
};

inline void Settings::looks_up_tokens(Text path) const {
    if (!has() || detail::api.tokens == nullptr) {
        problem(path, "needs a newer server, one that looks up tokens at plugins");
        return;
    }
    detail::api.tokens->declare(settings_);
}

inline void Plugin::on_token(const TokenQuery&, TokenReply) {}

namespace detail {

template <typename Class>
void look_up_token(void* instance, const ft_token_query* whole, ft_token_reply* raw) noexcept {
    TokenReply reply(raw);
    try {
        const ft_token_query theirs = known_part(*whole);
        TokenQuery query{view(theirs.token_id), view(theirs.address), static_cast<std::uint16_t>(theirs.port),
                         view(theirs.name),     view(theirs.agent),   {}};
        for (std::size_t i = 0; i < theirs.metadata_count; ++i) {
            query.metadata.emplace_back(view(theirs.metadata[i].name), view(theirs.metadata[i].value));
        }
        static_cast<Class*>(instance)->on_token(query, std::move(reply));
    } catch (const std::exception& problem) {
        static_cast<const Plugin*>(static_cast<Class*>(instance))
            ->log(Plugin::Level::error, std::string("on_token() threw an exception: ") + problem.what());
    } catch (...) {
        static_cast<const Plugin*>(static_cast<Class*>(instance))
            ->log(Plugin::Level::error, "on_token() threw an object that is not a std::exception");
    }
}

}  // namespace detail

}  // namespace ferrotunnel::plugin

#include "oidc/session.hpp"

#include <nlohmann/json.hpp>

namespace ferrotunnel::plugins {

using nlohmann::json;

// Only what this plugin has sealed arrives here, perhaps by an earlier version of it: a value of another form ends the
// session.

std::string to_text(const Session& session) {
    json claims = json::object();
    for (const auto& [name, value] : session.claims) {
        claims[name] = value;
    }
    const json made{{"id", session.id},         {"provider", session.provider},
                    {"issuer", session.issuer}, {"client", session.client_id},
                    {"sub", session.subject},   {"email", session.email},
                    {"groups", session.groups}, {"claims", claims},
                    {"ends", session.ends}};
    return made.dump();
}

std::optional<Session> session_of(std::string_view text) {
    try {
        const json read = json::parse(text);
        Session made;
        made.id = read.at("id").get<std::string>();
        made.provider = read.at("provider").get<std::string>();
        made.issuer = read.at("issuer").get<std::string>();
        made.client_id = read.at("client").get<std::string>();
        made.subject = read.at("sub").get<std::string>();
        made.email = read.at("email").get<std::string>();
        made.groups = read.at("groups").get<std::vector<std::string>>();
        made.ends = read.at("ends").get<std::int64_t>();
        for (const auto& [name, value] : read.at("claims").items()) {
            made.claims.emplace_back(name, value.get<std::string>());
        }
        return made;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

std::string to_text(const PendingLogin& login) {
    const json made{{"state", login.state},       {"provider", login.provider}, {"nonce", login.nonce},
                    {"verifier", login.verifier}, {"target", login.target},     {"ends", login.ends}};
    return made.dump();
}

std::optional<PendingLogin> pending_login_of(std::string_view text) {
    try {
        const json read = json::parse(text);
        PendingLogin made;
        made.state = read.at("state").get<std::string>();
        made.provider = read.at("provider").get<std::string>();
        made.nonce = read.at("nonce").get<std::string>();
        made.verifier = read.at("verifier").get<std::string>();
        made.target = read.at("target").get<std::string>();
        made.ends = read.at("ends").get<std::int64_t>();
        return made;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

}  // namespace ferrotunnel::plugins

// Who may come in: users with passwords (Basic), and keys of programs. plugins/auth/README.md has the settings.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "auth/gate.hpp"
#include "auth/lockout.hpp"
#include "auth/users.hpp"
#include "auth/verifier.hpp"
#include "common/digest.hpp"
#include "common/periodic.hpp"
#include "common/watched_file.hpp"
#include "common/work_pool.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class Auth final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "auth",
        .version = "1.0",
        .summary = "lets in users with passwords (Basic) and programs with keys",
        .schema = R"({
            "type": "object",
            "properties": {
                "users": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}, "default": {},
                          "x-client": true,
                          "description": "Names and hashes of passwords, as htpasswd -B makes them."},
                "users_file": {"type": "string", "format": "file",
                               "description": "A file of users as htpasswd writes it, read again when it changes."},
                "keys": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}, "default": {},
                         "description": "Names of programs, and the SHA-256 of the key of each."},
                "key_header": {"type": "string", "minLength": 1,
                               "description": "The field that has the key; without it, Authorization: Bearer KEY."},
                "realm": {"type": "string", "minLength": 1, "maxLength": 200, "default": "Restricted",
                          "x-client": true,
                          "description": "What a browser shows to whom it asks for a password."},
                "user_header": {"type": "string", "minLength": 1,
                                "description": "The field that tells the backend who has come in."},
                "forward": {"type": "boolean", "default": false,
                            "description": "Whether the backend gets passwords and keys."},
                "cache": {"type": "string", "format": "duration", "formatMaximum": "24h", "default": "5m",
                          "description": "How long a password that was right is not checked again; 0: it always is."},
                "hashes": {"type": "string", "enum": ["any", "cheap"], "default": "any", "x-client-default": "cheap",
                           "description": "cheap: none that takes more than half a second; on threads of their own."},
                "lockout": {"type": "object", "default": {}, "x-client": true, "properties": {
                    "failures": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 10,
                                 "description": "Wrong passwords of a user from one address; 0: any number."},
                    "duration": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "24h",
                                 "default": "15m", "description": "In which they are counted, and then shut out."}}}
            }
        })",
        .guard = true};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    /// Throws std::exception where the file of users cannot be read any more.
    Auth(const plugin::Settings& settings, Auth* before);

    void start() override;
    void stop() override;
    plugin::Decision on_request(plugin::Exchange& exchange) override;

    /// Reads the file of users if it has changed. A broken one is told, and changes nothing. On one thread at a time.
    void look_at_file();

private:
    std::shared_ptr<const Users> users() const;
    void tell_costs(const Users& users) const;
    plugin::Decision ask_password(plugin::Exchange& exchange, plugin::Text encoded);
    plugin::Decision ask_key(plugin::Exchange& exchange, plugin::Text key, plugin::Text by_field);

    Users inline_users_;
    std::optional<WatchedFile> file_;
    std::unordered_map<Digest, std::string, DigestHash> keys_;
    std::shared_ptr<Lockout> lockout_;
    std::shared_ptr<const Gate> gate_;
    std::shared_ptr<Verifier> verifier_;
    std::shared_ptr<const KeyedDigest> chooses_;  // which hash stands for that of a user who is not there
    mutable std::mutex mutex_;                    // guards users_
    std::shared_ptr<const Users> users_;          // those of the settings and of the file
    bool is_client_s_ = false;
    std::shared_ptr<WorkPool> pool_ = WorkPool::shared();
    std::unique_ptr<Periodic> watch_;  // while the server runs
};

}  // namespace ferrotunnel::plugins

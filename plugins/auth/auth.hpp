// Authenticates visitors: users with passwords (Basic), and programs with keys. See plugins/auth/README.md.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "auth/auth_responder.hpp"
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
        .summary = "accepts users with passwords (Basic) and programs with keys",
        .schema = R"({
            "type": "object",
            "properties": {
                "users": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}, "default": {},
                          "x-client": true,
                          "description": "User names, and hashes of their passwords as made by htpasswd -B."},
                "users_file": {"type": "string", "format": "file",
                               "description": "File of users as written by htpasswd, reloaded when it changes."},
                "keys": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}, "default": {},
                         "description": "Names of programs, each with the SHA-256 of its key."},
                "key_header": {"type": "string", "minLength": 1,
                               "description": "Request field with the key. Default: Authorization: Bearer KEY."},
                "realm": {"type": "string", "minLength": 1, "maxLength": 200, "default": "Restricted",
                          "x-client": true,
                          "description": "Text that a browser shows when it asks for a password."},
                "user_header": {"type": "string", "minLength": 1,
                                "description": "Field that names the user or program to the backend."},
                "forward": {"type": "boolean", "default": false,
                            "description": "Whether the backend receives passwords and keys."},
                "cache": {"type": "string", "format": "duration", "formatMaximum": "24h", "default": "5m",
                          "description": "How long a correct password is not checked again; 0: always check."},
                "hashes": {"type": "string", "enum": ["any", "cheap"], "default": "any", "x-client-default": "cheap",
                           "description": "cheap: only hashes that take at most half a second to check."},
                "lockout": {"type": "object", "default": {}, "x-client": true, "properties": {
                    "failures": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 10,
                               "description": "Wrong passwords for a user from one address that lock it out; 0: none."},
                    "duration": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "24h",
                                 "default": "15m",
                                 "description": "How long wrong passwords count, and a lockout lasts."}}}
            }
        })",
        .guard = true};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    /// Throws std::exception if the file of users cannot be read.
    Auth(const plugin::Settings& settings, Auth* before);

    void start() override;
    void stop() override;
    plugin::Decision on_request(plugin::Exchange& exchange) override;

    /// Reads the file of users if it has changed. A broken file is logged, and changes nothing. Called on one thread at
    /// a time.
    void refresh_file();

private:
    std::shared_ptr<const Users> users() const;
    void log_costs(const Users& users) const;
    plugin::Decision check_password(plugin::Exchange& exchange, plugin::Text encoded);
    plugin::Decision check_access_key(plugin::Exchange& exchange, plugin::Text key, plugin::Text by_field);

    Users inline_users_;
    std::optional<WatchedFile> file_;
    std::unordered_map<Digest, std::string, DigestHash> keys_;
    std::shared_ptr<Lockout> lockout_;
    std::shared_ptr<const AuthResponder> responder_;
    std::shared_ptr<Verifier> verifier_;
    std::shared_ptr<const KeyedDigest> chooses_;  // selects the hash that is checked for an unknown user
    mutable std::mutex mutex_;                    // guards users_
    std::shared_ptr<const Users> users_;          // of the settings and of the file
    bool is_client_s_ = false;
    std::shared_ptr<WorkPool> pool_ = WorkPool::shared();
    std::unique_ptr<Periodic> watch_;  // while the server runs
};

}  // namespace ferrotunnel::plugins

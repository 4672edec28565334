// What a reader found in the files of another tunnel, in terms of FerroTunnel.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node.hpp"
#include "origin.hpp"

namespace ferrotunnel::cli::importing {

enum class Side { client, server };

/// A setting without an equivalent.
struct Lost {
    std::string key;  // in the words of the other tunnel, like `proxies[2].transport.useCompression`
    Origin origin;
    std::string why;      // a clause without a full stop: "there is no QUIC transport"
    std::string instead;  // what to do, an imperative clause; may be empty
};

/// A setting that needs no equivalent, since its effect is there anyway.
struct Needless {
    std::string key;
    Origin origin;
    std::string why;  // a clause without a full stop
};

/// Something that the user has to check, such as exposure or DNS: a sentence without a full stop.
struct LookAt {
    Origin origin;
    std::string text;
};

/// A file of mode 0600 beside the configuration.
struct Secret {
    std::string name;     // of the file, without a folder
    std::string content;  // without a line feed at its end
    Origin origin;
    bool is_token = false;  // has to be as strong as our tokens
    bool on_client = false;
    bool on_server = false;
    bool is_for_command = false;  // only the command that does the same without a file reads it
    bool is_written = true;
};

/// The configuration to be written and all that is said beside it. Secrets exist in `secrets` only: the tree refers to
/// them by `file:NAME`.
class Draft {
public:
    Node client;      // the value of `client:`
    Node server;      // the value of `server:`
    Node client_log;  // the value of `log:` in the file of the client
    Node server_log;  // and in that of the server
    std::vector<Lost> lost;
    std::vector<Needless> needless;
    std::vector<LookAt> look_at;
    std::vector<Secret> secrets;

    Node& of(Side side) { return side == Side::client ? client : server; }
    Node& log_of(Side side) { return side == Side::client ? client_log : server_log; }

    /// Sets `client.PATH` or `server.PATH`, as Node::set.
    Node& set(Side side, std::string_view path, std::string value, const Origin& origin);

    /// Appends an item to `client.services` and returns it for more keys. `kind` is the first key (tcp, udp, tcp+udp,
    /// http, tls), `value` its value; a `name` that is empty is left out. The item starts with the origin as comment.
    Node& add_service(std::string_view name, std::string_view kind, std::string value, std::string local,
                      const Origin& origin);

    /// The same for a service with several hosts: `http: [a.example.com, b.example.com]`.
    Node& add_service(std::string_view name, std::string_view kind, const std::vector<std::string>& values,
                      std::string local, const Origin& origin);

    /// Appends an item with this key to `server.plugins.chain`, and returns the settings of the plugin.
    Node& add_plugin(std::string_view plugin, const Origin& origin);

    void lose(const Origin& origin, std::string_view key, std::string_view why, std::string_view instead = {});
    void skip(const Origin& origin, std::string_view key, std::string_view why);
    void ask(const Origin& origin, std::string_view text);

    /// Keeps a secret for a file of its own and returns the reference for the tree, `file:NAME`. The name is made from
    /// `stem`, and numbered if another secret has it. A value that is an env_reference alone becomes `env:NAME`.
    std::string secret(Side side, std::string_view stem, const std::string& value, const Origin& origin);

    /// The same for a token that both sides share: settle_tokens (tokens.hpp) later replaces a weak one if both sides
    /// have registered the same value, and refuses it otherwise.
    std::string token(Side side, std::string_view stem, const std::string& value, const Origin& origin);

    /// The hash of a password, made once for each; empty if it cannot be made. Throws SourceError beyond passwords_max.
    std::optional<std::string> hash_of(const std::string& password, const Origin& origin);

    /// Keeps a password whose hash the configuration has: settle_passwords (hints.hpp) later decides whether it is
    /// written.
    void password_for_command(const std::string& user, const std::string& value, const Origin& origin);

private:
    std::map<std::string, std::string> hashes_;

    std::string keep(Side side, std::string_view stem, const std::string& value, const Origin& origin, bool is_token);
};

}  // namespace ferrotunnel::cli::importing

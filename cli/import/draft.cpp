#include "draft.hpp"

#include <algorithm>
#include <utility>

#include "../password_hash.hpp"
#include "ferrotunnel/secret.hpp"
#include "limits.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {
namespace {

/// A valid file name of letters, digits, `.`, `_` and `-`.
std::string file_name(std::string_view stem) {
    std::string name(stem.substr(0, 64));
    std::ranges::replace_if(
        name,
        [](char c) {
            return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                     c == '_' || c == '-');
        },
        '-');
    return name.empty() || name.starts_with('.') ? "secret" + name : name;
}

Node& begin_service(Node& client, std::string_view name, const Origin& origin) {
    Node& item = client.at("services").add();
    if (!name.empty()) {
        item.set("name", std::string(name), origin);
    } else {
        item.set_origin(origin);
    }
    return item;
}

}  // namespace

Node& Draft::set(Side side, std::string_view path, std::string value, const Origin& origin) {
    return of(side).set(path, std::move(value), origin);
}

Node& Draft::add_service(std::string_view name, std::string_view kind, std::string value, std::string local,
                         const Origin& origin) {
    Node& item = begin_service(client, name, origin);
    item.set(kind, std::move(value), origin);
    item.set("local", std::move(local), origin);
    return item;
}

Node& Draft::add_service(std::string_view name, std::string_view kind, const std::vector<std::string>& values,
                         std::string local, const Origin& origin) {
    if (values.size() == 1) {
        return add_service(name, kind, values.front(), std::move(local), origin);
    }
    Node& item = begin_service(client, name, origin);
    Node& list = item.child(kind);
    for (const std::string& value : values) {
        list.add(value);
    }
    list.set_origin(origin);
    item.set("local", std::move(local), origin);
    return item;
}

Node& Draft::add_plugin(std::string_view plugin, const Origin& origin) {
    Node& item = server.at("plugins.chain").add();
    Node& settings = item.child(plugin);
    settings.set_origin(origin);
    return settings;
}

void Draft::lose(const Origin& origin, std::string_view key, std::string_view why, std::string_view instead) {
    lost.push_back({std::string(key), origin, std::string(why), std::string(instead)});
}

void Draft::skip(const Origin& origin, std::string_view key, std::string_view why) {
    needless.push_back({std::string(key), origin, std::string(why)});
}

void Draft::ask(const Origin& origin, std::string_view text) {
    look_at.push_back({origin, std::string(text)});
}

std::string Draft::secret(Side side, std::string_view stem, const std::string& value, const Origin& origin) {
    return keep(side, stem, value, origin, false);
}

std::string Draft::token(Side side, std::string_view stem, const std::string& value, const Origin& origin) {
    return keep(side, stem, value, origin, true);
}

void Draft::password_for_command(const std::string& user, const std::string& value, const Origin& origin) {
    const std::string reference = keep(Side::client, user + ".password", value, origin, false);
    for (Secret& secret : secrets) {
        secret.is_for_command = secret.is_for_command || reference == "file:" + secret.name;
    }
}

std::optional<std::string> Draft::hash_of(const std::string& password, const Origin& origin) {
    if (const auto known = hashes_.find(password); known != hashes_.end()) {
        return known->second;
    }
    if (hashes_.size() == passwords_max) {
        throw SourceError(origin, "there are more than " + std::to_string(passwords_max) + " passwords");
    }
    auto hash = hash_of_password(::ferrotunnel::Secret::from_string(password));
    if (hash) {
        hashes_.emplace(password, *hash);
    }
    return hash;
}

std::string Draft::keep(Side side, std::string_view stem, const std::string& value, const Origin& origin,
                        bool is_token) {
    if (const std::string_view variable = env_name(value); !variable.empty()) {
        if (is_token) {
            ask(origin,
                "the variable " + std::string(variable) + " has to contain a token that `ferrotunnel token` made");
        }
        return "env:" + std::string(variable);
    }
    const std::string wanted = file_name(stem);
    std::string name = wanted;
    auto found = secrets.end();
    for (int number = 2;; ++number) {
        found = std::ranges::find(secrets, name, &Secret::name);
        if (found == secrets.end() || (found->content == value && found->is_token == is_token)) {
            break;
        }
        name = wanted + "-" + std::to_string(number);
    }
    if (found == secrets.end() && secrets.size() == secrets_max) {
        throw SourceError(origin, "there are more than 1,000 secrets");
    }
    if (found == secrets.end()) {
        secrets.push_back({name, value, origin, is_token});
        found = std::prev(secrets.end());
    }
    (side == Side::client ? found->on_client : found->on_server) = true;
    return "file:" + name;
}

}  // namespace ferrotunnel::cli::importing

#include "settings/keys_exits.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "backend/backend.hpp"
#include "base/text.hpp"
#include "settings/exits.hpp"
#include "settings/key_tables.hpp"

namespace ferrotunnel::detail {
namespace {

std::optional<ExitUser> read_user(const config::Value& item, ConfigReading& reading) {
    if (!item.is_group()) {
        item.unexpected("a user, like {name: ann, password: file:ann.password}");
        return std::nullopt;
    }
    config::Section section = section_of(item, exit_user_keys());
    const auto name_at = section.find("name");
    const auto password_at = section.find("password");
    section.finish();
    const auto name = name_at ? name_at->word() : std::nullopt;
    auto password = password_at ? read_password(*password_at, reading) : std::nullopt;
    if (!name_at || !password_at) {
        item.problem("a user needs a `name` and a `password`");
    }
    if (name) {
        if (const std::string problem = problem_of_user_name(*name); !problem.empty()) {
            name_at->problem(in_quotes(*name) + ' ' + problem);
            return std::nullopt;
        }
    }
    if (password) {
        if (const std::string problem = problem_of_password(*password); !problem.empty()) {
            password_at->problem("the password " + problem);
            return std::nullopt;
        }
    }
    return name && password ? std::optional<ExitUser>(std::in_place, *name, *std::move(password)) : std::nullopt;
}

}  // namespace

bool ExitKeys::read(const config::Value& local, Tcp& tcp, ConfigReading& reading) const {
    if (local.try_text() != std::string(backend::exit_keyword)) {
        for (const auto* value : {&allow_, &users_}) {
            if (*value) {
                (*value)->problem("is for an exit: a service with `tcp` and `local: exit`");
            }
        }
        return !allow_ && !users_;
    }
    if (!allow_) {
        local.problem("an exit needs `allow`: its destinations, like \"*.example.com:80,443\"");
        return false;
    }
    const bool are_destinations = read_allow(tcp);
    return read_users(tcp, reading) && are_destinations;
}

bool ExitKeys::refuse() const {
    for (const auto* value : {&allow_, &users_}) {
        if (*value) {
            (*value)->problem("is for an exit: a service with `tcp` and `local: exit`");
        }
    }
    return allow_ || users_;
}

bool ExitKeys::read_allow(Tcp& tcp) const {
    bool are_good = true;
    for (const config::Value& item : allow_->items_or_single()) {
        auto text = item.word();
        are_good = are_good && text;
        if (!text) {
            continue;
        }
        tcp.allow.push_back(*std::move(text));
        if (const auto read = exits::Destinations::parse({&tcp.allow.back(), 1}); !read) {
            item.problem(read.error());
            are_good = false;
        }
    }
    if (tcp.allow.size() > limits::exit_rules_max) {
        allow_->problem(exits::Destinations::parse(tcp.allow).error());
        return false;
    }
    return are_good;
}

bool ExitKeys::read_users(Tcp& tcp, ConfigReading& reading) const {
    bool are_good = true;
    for (const config::Value& item : users_ ? users_->items() : std::vector<config::Value>()) {
        auto user = read_user(item, reading);
        are_good = are_good && user;
        if (!user) {
            continue;
        }
        if (std::any_of(tcp.users.begin(), tcp.users.end(),
                        [&](const ExitUser& other) { return other.name == user->name; })) {
            item.problem("a second user is called " + in_quotes(user->name));
            are_good = false;
        }
        tcp.users.push_back(*std::move(user));
    }
    if (tcp.users.size() > limits::exit_users_max) {
        users_->problem("are " + std::to_string(tcp.users.size()) + " users; at most " +
                        std::to_string(limits::exit_users_max) + " are possible");
        return false;
    }
    if (users_ && tcp.users.empty() && are_good) {
        users_->problem("is empty; omit `users` for an exit without a login");
        return false;
    }
    return are_good;
}

}  // namespace ferrotunnel::detail

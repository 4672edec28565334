#include "settings/exits.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "backend/backend.hpp"
#include "base/text.hpp"
#include "settings/secret.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr SettingFacts of_exit_user[] = {
    {.key = "name", .type = "text", .help = "User name: up to 255 bytes without a colon.", .is_required = true},
    {.key = "password",
     .type = "text",
     .help = "Password: `file:PATH`, `env:NAME` or the password itself; up to 255 bytes.",
     .is_required = true},
};

std::span<const SettingFacts> exit_user_keys() noexcept {
    return of_exit_user;
}

constexpr SettingFacts of_exit[] = {
    {.key = "allow",
     .type = "destination, or a list",
     .help = "With `local: exit`: destinations that visitors may connect to, such as `\"*.example.com:80,443\"` or "
             "`10.0.0.0/8:443`; up to 256. A destination allowed only by name is reached at public addresses only. "
             "Required there."},
    {.key = "users",
     .type = "list of users",
     .help = "With `local: exit`: users that may log in to the exit, up to 64. Default: no login.",
     .keys = exit_user_keys},
};

constexpr auto login_max = limits::exit_login_max;

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

void check_users(const Tcp& tcp, std::vector<Problem>& problems) {
    auto wrong = [&](std::string text) { problems.push_back({tcp.name, std::move(text)}); };
    if (tcp.users.size() > limits::exit_users_max) {
        wrong("has " + std::to_string(tcp.users.size()) + " users; at most " + std::to_string(limits::exit_users_max) +
              " are possible");
    }
    std::set<std::string> names;
    for (const ExitUser& user : tcp.users) {
        if (const std::string problem = problem_of_user_name(user.name); !problem.empty()) {
            wrong("the user " + in_quotes(user.name) + ' ' + problem);
        } else if (!names.insert(user.name).second) {
            wrong("the user " + in_quotes(user.name) + " appears twice");
        }
        if (const std::string problem = problem_of_password(*user.password); !problem.empty()) {
            wrong("the password of " + in_quotes(user.name) + ' ' + problem);
        }
    }
}

}  // namespace

std::span<const SettingFacts> exit_keys() noexcept {
    return of_exit;
}

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

std::string problem_of_user_name(const std::string& name) {
    if (name.empty() || name.size() > login_max || !is_utf8(name) || !is_printable(name)) {
        return "is not a valid name: it has 1 to " + std::to_string(login_max) + " bytes of text";
    }
    return name.find(':') == std::string::npos ? "" : "has a colon, which ends a name in HTTP";
}

std::string problem_of_password(const Secret& password) {
    return password.empty() || password.reveal().size() > login_max
               ? "must have 1 to " + std::to_string(login_max) + " bytes"
               : std::string();
}

void check_exit(const Tcp& tcp, std::vector<Problem>& problems) {
    auto wrong = [&](std::string text) { problems.push_back({tcp.name, std::move(text)}); };
    if (tcp.local != backend::exit_keyword) {
        if (!tcp.allow.empty() || !tcp.users.empty()) {
            wrong("`allow` and `users` have no meaning: `local` is not `exit`");
        }
        return;
    }
    if (tcp.allow.empty()) {
        wrong("an exit needs `allow`: its destinations, like \"*.example.com:80,443\"");
    }
    if (const auto read = exits::Destinations::parse(tcp.allow); !read) {
        wrong("`allow`: " + read.error());
    }
    if (tcp.proxy_protocol != ProxyProtocol::off) {
        wrong("`proxy_protocol` has no meaning for an exit");
    }
    check_users(tcp, problems);
}

std::shared_ptr<backend::Exit> make_exit(const Tcp& tcp) {
    std::vector<exits::User> users;
    for (const ExitUser& user : tcp.users) {
        users.push_back({user.name, std::string(user.password->reveal())});
    }
    auto destinations = exits::Destinations::parse(tcp.allow);
    return std::make_shared<backend::Exit>(destinations ? *std::move(destinations) : exits::Destinations(),
                                           std::move(users));
}

}  // namespace ferrotunnel::detail

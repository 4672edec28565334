#include "settings/exits.hpp"

#include <set>
#include <utility>

#include "backend/backend.hpp"
#include "base/text.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr auto login_max = limits::exit_login_max;

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

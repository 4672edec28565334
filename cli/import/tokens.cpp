#include "tokens.hpp"

#include <fmt/format.h>

#include <string_view>

#include "../new_file.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli::importing {
namespace {

/// The side that has the file already: a key belongs to the service and its visitors, a token to server and clients.
std::string_view owner_of(const Secret& secret) {
    return secret.name.ends_with(".key") ? "other side's" : secret.on_client ? "server's" : "clients'";
}

/// A token that is there already is the one of a server, so none has to be made.
void ask_about_file(Draft& draft, const Secret& secret) {
    const bool is_login = !secret.name.ends_with(".key");
    std::erase_if(draft.look_at, [is_login](const LookAt& entry) {
        return is_login && (entry.text == token_to_copy || entry.text == server_to_start);
    });
    draft.ask(secret.origin,
              fmt::format("the file {} is there already: check that it is the {}", secret.name, owner_of(secret)));
}

void lose_weak(Draft& draft, const Secret& secret) {
    draft.lose(secret.origin, secret.name, "a token that a person made up can be guessed from a recorded login",
               fmt::format("import the files of both sides together, or copy the {1} file `{0}` here; only if there is "
                           "none yet, make one: `ferrotunnel token > {0}; chmod 600 {0}`",
                           secret.name, owner_of(secret)));
}

}  // namespace

void settle_tokens(Draft& draft, const std::filesystem::path& folder) {
    for (Secret& secret : draft.secrets) {
        const bool is_given = !secret.content.empty();
        if (!secret.is_token || (is_given && ::ferrotunnel::Secret::from_string(secret.content).is_strong())) {
            continue;
        }
        if (is_given && secret.on_client && secret.on_server) {
            secret.content = ::ferrotunnel::Secret::generate().reveal();
            draft.ask(
                secret.origin,
                fmt::format("the old token could be guessed, so both sides have a new one: the file {}", secret.name));
            continue;
        }
        secret.content.clear();
        if (is_there(folder / secret.name)) {
            ask_about_file(draft, secret);
        } else if (is_given) {
            lose_weak(draft, secret);
        }
    }
}

}  // namespace ferrotunnel::cli::importing

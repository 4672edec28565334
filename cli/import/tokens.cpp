#include "tokens.hpp"

#include <fmt/format.h>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli::importing {

void settle_tokens(Draft& draft) {
    for (Secret& secret : draft.secrets) {
        if (!secret.is_token || secret.content.empty() ||
            ::ferrotunnel::Secret::from_string(secret.content).is_strong()) {
            continue;
        }
        if (secret.on_client && secret.on_server) {
            secret.content = ::ferrotunnel::Secret::generate().reveal();
            draft.ask(
                secret.origin,
                fmt::format("the old token could be guessed, so both sides have a new one: the file {}", secret.name));
            continue;
        }
        secret.content.clear();
        draft.lose(secret.origin, secret.name, "a token that a person made up can be guessed from a recorded login",
                   fmt::format("import the files of both sides together, which makes a new one, or type `ferrotunnel "
                               "token > {0}; chmod 600 {0}` and copy that file to the other side",
                               secret.name));
    }
}

}  // namespace ferrotunnel::cli::importing

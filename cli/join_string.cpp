#include "join_string.hpp"

#include <algorithm>
#include <utility>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/detail/text_encoding.hpp"

namespace ferrotunnel::cli {
namespace {

// Removes the part before the next comma and returns it.
std::string_view take_part(std::string_view& text) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return part;
}

// Removes whitespace, quotes and marks that a mail program or a shell has put around it.
std::string_view without_wrapping(std::string_view text) {
    constexpr std::string_view around = " \t\r\n\"'`";
    (void)detail::take_byte_order_mark(text);
    text.remove_prefix(std::min(text.find_first_not_of(around), text.size()));
    text.remove_suffix(text.size() - (text.find_last_not_of(around) + 1));
    return text;
}

}  // namespace

bool looks_like_join(std::string_view text) {
    return without_wrapping(text).starts_with(join_prefix);
}

Secret join_string(const Join& join) {
    std::string text(join_prefix);
    text.reserve(text.size() + join.server.size() + join.token.reveal().size() + join.pin.size() +
                 2);  // reserved in full, so that the token is never copied
    text += join.server;
    text += ',';
    text += join.token.reveal();
    text += join.pin.empty() ? "" : "," + join.pin;
    return Secret::from_string(std::move(text));
}

std::optional<Join> parse_join(std::string_view text, std::string& error) {
    text = without_wrapping(text);
    if (!text.starts_with(join_prefix)) {
        error = "is not a valid join string, which begins with ftjoin:";
        return std::nullopt;
    }
    text.remove_prefix(join_prefix.size());
    Join join;
    join.server = take_part(text);
    join.token = Secret::from_string(std::string(take_part(text)));
    join.pin = take_part(text);
    if (join.server.empty() || !text.empty()) {
        error = "is not a valid join string: expected ftjoin:HOST[:PORT],TOKEN[,PIN]";
        return std::nullopt;
    }
    // A token that a person made up could contain a comma, or need quotes in a shell.
    if (!join.token.is_strong()) {
        error = "is incomplete or mistyped: its token is damaged. Copy the join string again";
        return std::nullopt;
    }
    Client::Builder builder = Client::builder();
    builder.server(join.server).token(join.token.copy()).tls_pin(join.pin);
    if (const std::vector<Problem> problems = builder.check(); !problems.empty()) {
        error = problems.front().text;
        return std::nullopt;
    }
    return join;
}

}  // namespace ferrotunnel::cli

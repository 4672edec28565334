// Words of commands that are printed for users to copy.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/detail/shell_text.hpp"

namespace ferrotunnel::cli {

/// Quotes a word for a shell where it needs quotes.
inline std::string in_shell(const std::string& word) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
        return word;
    }
    return detail::in_shell_quotes(word);
}

/// The command that examines a client with these settings. `file`: its configuration; empty: none. `options`: names
/// without dashes, and values; those of flags are empty. A proxy's password is left out.
inline std::string doctor_command(const std::string& file,
                                  const std::vector<std::pair<std::string, std::string>>& options) {
    std::string command = "ferrotunnel doctor";
    if (!file.empty()) {
        command += ' ' + in_shell(file);
    }
    for (const auto& [name, value] : options) {
        const bool is_secret = name == "proxy" && value.find('@') != std::string::npos;
        command += " --" + name + (value.empty() ? "" : is_secret ? " PROXY" : ' ' + in_shell(value));
    }
    return command;
}

}  // namespace ferrotunnel::cli

// Finds out which tool a command line is for, and reads it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "command_line_parts.hpp"
#include "readers.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {
namespace {

// Splits a line as a shell does, without variables: for a command line in one word.
std::vector<std::string> shell_words(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
            ++i;
            word += line[i] == '\n' ? "" : std::string(1, line[i]);
            in_word = in_word || line[i] != '\n';
        } else if (quote != 0) {
            quote = c == quote ? 0 : quote;
            word += quote != 0 ? std::string(1, c) : "";
        } else if (c == '"' || c == '\'') {
            quote = c;
            in_word = true;
        } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
            word += c;
            in_word = true;
        } else if (in_word) {
            words.push_back(std::exchange(word, {}));
            in_word = false;
        }
    }
    if (in_word) {
        words.push_back(word);
    }
    return words;
}

std::string program_name(const std::string& word) {
    std::string name = word.substr(word.find_last_of("/\\") == std::string::npos ? 0 : word.find_last_of("/\\") + 1);
    name.erase(std::min(name.find(':'), name.size()));  // the tag of an image
    return name.ends_with(".exe") ? name.substr(0, name.size() - 4) : name;
}

constexpr std::array<std::string_view, 7> tools{"ngrok", "bore", "cloudflared", "ssh", "autossh", "frpc", "frps"};

// What stands in front of a program: `sudo`, `env NAME=VALUE`, `docker run -it --net host`.
std::span<const std::string> from_program(std::span<const std::string> words) {
    constexpr std::array<std::string_view, 11> wrappers{"sudo",   "nohup",  "exec",   "env",     "time",   "npx",
                                                        "setsid", "docker", "podman", "sshpass", "command"};
    if (words.empty()) {
        return words;
    }
    const bool is_wrapped = std::ranges::find(wrappers, program_name(words[0])) != wrappers.end() ||
                            (words[0].find('=') != std::string::npos && !words[0].starts_with('-'));
    if (!is_wrapped) {
        return words;
    }
    const auto tool = std::ranges::find_if(words, is_other_program);
    return words.subspan(static_cast<std::size_t>(tool - words.begin()));
}

}  // namespace

bool is_other_program(const std::string& word) {
    return std::ranges::find(tools, program_name(word)) != tools.end();
}

Draft read_command_line(std::span<const std::string> words) {
    std::vector<std::string> split;
    if (words.size() == 1) {
        split = shell_words(words[0]);
        words = split;
    }
    words = from_program(words);
    const std::string program = words.empty() ? std::string() : program_name(words[0]);
    const std::span<const std::string> rest = words.subspan(words.empty() ? 0 : 1);
    if (program == "ngrok") {
        return command_line::read_ngrok(rest);
    }
    if (program == "bore") {
        return command_line::read_bore(rest);
    }
    if (program == "cloudflared") {
        return command_line::read_cloudflared(rest);
    }
    if (program == "ssh" || program == "autossh") {
        return command_line::read_ssh(rest, program);
    }
    if (program == "frpc") {
        return command_line::read_frpc(rest);
    }
    throw SourceError(
        Origin{"the command line", 0, {}},
        "begins with none of the programs that can be imported: ngrok, bore, cloudflared, ssh, autossh, frpc");
}

}  // namespace ferrotunnel::cli::importing

// `ferrotunnel hash`: the hash of a password for the `users` of the plugin auth.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "help.hpp"
#include "password_hash.hpp"
#include "prompt.hpp"
#include "shell_commands.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t user_bytes_max = 255;
constexpr std::string_view refused_argument =
    "a password is not accepted on the command line: other users see it in the process list, and the shell's history "
    "keeps it. Enter it when asked, or pipe it in";

/// Where the hash is to be used.
enum class HashForm { configuration, users_file, plain };

struct HashRequest {
    HashKind kind = HashKind::yescrypt;
    HashForm form = HashForm::configuration;
    std::string user;
};

// Whether a password is on the command line, also as `-pPASSWORD`. It must not be repeated, so these words are searched
// before others are reported.
bool has_password(const std::vector<std::string>& words) {
    bool is_value = false;
    for (const std::string& word : words) {
        const bool names_password = word == "--password" || word.starts_with("-p") || word.starts_with("--password=");
        if (names_password || (!is_value && (!word.starts_with('-') || word == "-"))) {
            return true;
        }
        is_value = word == "--user" || word == "--kind" || word == "--for";
    }
    return false;
}

bool is_user(const std::string& user) {
    const auto fits = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && c != ':'; };
    return user.size() <= user_bytes_max && std::ranges::all_of(user, fits);
}

HashRequest read_request(const Options& options, Problems& problems) {
    HashRequest request;
    const std::string kind = options.choice("kind", problems).value_or("yescrypt");
    request.kind = kind == "bcrypt" ? HashKind::bcrypt : kind == "sha512" ? HashKind::sha512 : HashKind::yescrypt;
    const std::string form = options.choice("for", problems).value_or("configuration");
    request.form = form == "users-file" ? HashForm::users_file
                   : form == "plain"    ? HashForm::plain
                                        : HashForm::configuration;
    request.user = options.text("user").value_or("");
    if (!is_user(request.user)) {
        problems.add(options.place_of("user"), "is not a valid user name, of 1 to 255 bytes without `:`");
    }
    if (request.user.starts_with('#') && request.form == HashForm::users_file) {
        problems.add(options.place_of("user"), "begins with `#`: the line would be a comment of the users file");
    }
    if (request.user.empty() && request.form == HashForm::users_file) {
        problems.add("--user", "missing: a line of a users file begins with the name");
    }
    if (!request.user.empty() && request.form == HashForm::plain && !options.from_environment("user")) {
        problems.add(options.place_of("user"), "has no effect with --for plain, which prints the hash alone");
    }
    return request;
}

std::optional<Secret> read_password(Signals& signals) {
    if (!can_prompt()) {
        return piped_secret(signals);
    }
    std::optional<Secret> password = prompt_for_secret("Password: ", signals);
    if (!password) {
        return std::nullopt;
    }
    const std::optional<Secret> repeated = prompt_for_secret("The same again: ", signals);
    if (!repeated) {
        throw std::runtime_error("the password was not repeated; nothing was printed");
    }
    if (repeated->reveal() != password->reveal()) {
        throw std::runtime_error("the passwords differ; nothing was printed");
    }
    return password;
}

// A key of YAML: plain where it cannot be read as anything else.
std::string yaml_key(const std::string& user) {
    static constexpr std::string_view others[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_plain = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || std::string_view("._@-").find(c) != std::string_view::npos;
    };
    std::string small = user;
    std::ranges::transform(small, small.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (is_letter(user.front()) && std::ranges::all_of(user, is_plain) &&
        std::ranges::find(others, small) == std::end(others)) {
        return user;
    }
    std::string quoted = "'";
    for (const char c : user) {
        quoted += c == '\'' ? std::string("''") : std::string(1, c);
    }
    return quoted + '\'';
}

// In a configuration file `$` begins a variable.
std::string with_double_dollars(std::string_view hash) {
    std::string text;
    for (const char c : hash) {
        text += c == '$' ? std::string("$$") : std::string(1, c);
    }
    return text;
}

std::string line_for(const HashRequest& request, const std::string& hash) {
    switch (request.form) {
        case HashForm::users_file:
            return request.user + ':' + hash;
        case HashForm::configuration:
            return (request.user.empty() ? "" : yaml_key(request.user) + ": ") + with_double_dollars(hash);
        case HashForm::plain:
            break;
    }
    return hash;
}

}  // namespace

const CommandInfo& hash_info() {
    static const CommandInfo info{
        "hash",
        "print the hash of a password, for `users` of the plugin auth",
        "",
        "  ferrotunnel hash --user ann                         # asks for the password twice\n"
        "  ferrotunnel hash --user ann --for users-file >> users\n"
        "  pwgen 20 1 | tee password | ferrotunnel hash --user ann\n"
        "The line belongs below `users:` of the plugin auth. Each $ in it is written twice, since one $\n"
        "begins a variable there. The password is read from the terminal or the standard input, without\n"
        "white space at its end; never from an argument.\n",
        {{"Options",
          {
              {"user", "NAME", "User name in front of the hash"},
              {"for",
               "FORM",
               "configuration (default), users-file, or plain",
               "Form of the line: configuration, for `users` in a configuration file; users-file, for `users_file`, as "
               "htpasswd writes it; plain, the hash alone, for a variable. Default: configuration.",
               false,
               0,
               ValueKind::other,
               {"configuration", "users-file", "plain"}},
              {"kind",
               "KIND",
               "yescrypt (default), bcrypt or sha512",
               "Kind of the hash: yescrypt with 16 MiB, bcrypt with cost 10, or sha512 with 100,000 rounds. Each takes "
               "less than half a second to check, so a client's own services may use it too. Default: yescrypt.",
               false,
               0,
               ValueKind::other,
               {"yescrypt", "bcrypt", "sha512"}},
          }}},
        CommandInfo::Kind::hash,
    };
    return info;
}

ExitCode run_hash(Arguments arguments) {
    Problems problems;
    Options options(hash_info());
    if (print_help_if_requested(hash_info(), arguments.words)) {
        return ExitCode::ok;
    }
    if (has_password(arguments.words)) {
        problems.add("command line", std::string(refused_argument));
        throw UsageError{std::move(problems), "hash"};
    }
    options.parse(std::move(arguments.words), problems);
    const HashRequest request = read_request(options, problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "hash"};
    }
    Signals signals;
    const std::optional<Secret> password = read_password(signals);
    if (!password) {
        throw std::runtime_error("no password was given");
    }
    // libcrypt would hash only what is in front of it, and a shorter password would then be accepted.
    if (password->reveal().find('\0') != std::string_view::npos) {
        throw std::runtime_error("cannot hash the password: it contains a NUL byte");
    }
    const std::optional<std::string> hash = hash_of_password(*password, request.kind);
    if (!hash) {
        throw std::runtime_error(
            "cannot hash the password: it is longer than 511 bytes (bcrypt: 72), or this program was built without "
            "libcrypt");
    }
    fmt::print("{}\n", line_for(request, *hash));
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli

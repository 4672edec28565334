#include "arguments.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "join_string.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view token_option = "--token";
constexpr std::string_view token_with_value = "--token=";
constexpr std::string_view secret_forms[] = {"ft1_", "ftc1_"};  // tokens, keys of clusters
constexpr std::size_t token_length_suspect = 20;  // a damaged token is a secret too; a short word is a file's name

struct SecretPlace {
    std::size_t begin;
    enum class Kind { of_token_option, join_string, mistake } kind;
};

std::optional<SecretPlace> find_secret(std::string_view word, std::string_view before) {
    if (word.starts_with(token_with_value)) {
        return SecretPlace{token_with_value.size(), SecretPlace::Kind::of_token_option};
    }
    if (before == token_option && !word.starts_with("--")) {
        return SecretPlace{0, SecretPlace::Kind::of_token_option};
    }
    if (looks_like_join(word)) {
        return SecretPlace{0, SecretPlace::Kind::join_string};
    }
    const std::size_t equals = word.starts_with('-') ? word.find('=') : std::string_view::npos;
    const std::size_t begin = equals == std::string_view::npos ? 0 : equals + 1;
    const std::string_view value = word.substr(begin);
    const auto has_form = [value](std::string_view form) { return value.starts_with(form); };
    if (std::ranges::any_of(secret_forms, has_form) && value.size() >= token_length_suspect) {
        return SecretPlace{begin, SecretPlace::Kind::mistake};
    }
    return std::nullopt;
}

/// The words from `begin` on, of which the first names a program.
void take_foreign(int argc, char** argv, int begin, Arguments& arguments) {
    for (int i = begin; i < argc; ++i) {
        const std::string_view word(argv[i]);
        arguments.words.emplace_back(word);
        if (i > begin) {
            std::fill(argv[i], argv[i] + word.size(), '*');  // `word` refers to this memory
        }
    }
}

}  // namespace

Arguments take_arguments(int argc, char** argv) {
    Arguments arguments;
    std::string before;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word(argv[i]);
        const std::optional<SecretPlace> secret = find_secret(word, before);
        if (secret && secret->kind == SecretPlace::Kind::of_token_option) {
            arguments.token = Secret::from_string(std::string(word.substr(secret->begin)));
        } else if (secret && secret->kind == SecretPlace::Kind::join_string) {
            arguments.join = Secret::from_string(std::string(word));
        }
        if (secret) {
            std::fill(argv[i] + secret->begin, argv[i] + word.size(), '*');  // `word` refers to this memory
        }
        arguments.words.emplace_back(word);
        before = word;
        if (word == "--" && arguments.words.front() == "import") {
            take_foreign(argc, argv, i + 1, arguments);
            break;
        }
    }
    return arguments;
}

}  // namespace ferrotunnel::cli

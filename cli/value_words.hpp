// What may stand in the place of a value, read from its name in help: the words of "PATH|off", files for "FILE".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace ferrotunnel::cli {

/// The valid values of an option that are words: "on" and "off" of "on|off", and `OptionInfo::words`.
std::vector<std::string> words_of(const OptionInfo& option);
/// `option.kind`, or what the name of the value says.
ValueKind kind_of(const OptionInfo& option);

/// One choice of an operand.
struct OperandChoice {
    std::string word;   // "check" of "list|check FILE|new NAME"; empty if it is not a word
    std::string value;  // "FILE"; empty if the word stands alone
    bool operator==(const OperandChoice&) const = default;
};
std::vector<OperandChoice> choices_of(std::string_view operand);
/// Whether the name of a value, like "[FILE]" or "FOLDER", says that it is a file or folder; otherwise `other`.
ValueKind kind_named(std::string_view value);

}  // namespace ferrotunnel::cli

// `ferrotunnel schema`: the JSON Schema of configuration files, for editors.
#include <fmt/format.h>

#include <utility>

#include "commands.hpp"
#include "ferrotunnel/config.hpp"
#include "help.hpp"

namespace ferrotunnel::cli {

const CommandInfo& schema_info() {
    static const CommandInfo info{
        "schema",
        "print the JSON Schema of configuration files, for editors",
        "",
        "  ferrotunnel schema > ferrotunnel.schema.json\n"
        "Editors with the YAML language server (VS Code, Neovim, Emacs, Helix and others) complete and\n"
        "check keys in a file that starts with this line, which names the schema by path or URL:\n"
        "  # yaml-language-server: $schema=ferrotunnel.schema.json\n"
        "IntelliJ and Visual Studio have lists of schemas and of the files that they are for.\n"
        "`ferrotunnel check` also finds what a schema cannot express: missing files, values that\n"
        "contradict each other, and settings of plugins.\n",
        {},
        CommandInfo::Kind::print,
    };
    return info;
}

ExitCode run_schema(Arguments arguments) {
    Problems problems;
    Options options(schema_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "schema"};
    }
    fmt::print("{}", Config::json_schema());
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli

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
        "prints the JSON Schema of configuration files, for editors",
        "",
        "  ferrotunnel schema > ferrotunnel.schema.json\n"
        "Editors with the YAML language server (VS Code, Neovim, Emacs, Helix and others) then know every key of a "
        "file\n"
        "that begins with this line, which names the schema by its path from that file, or by a URL:\n"
        "  # yaml-language-server: $schema=ferrotunnel.schema.json\n"
        "IntelliJ and Visual Studio have lists of schemas and the files they are for in their settings.\n"
        "What a schema can not say is for `ferrotunnel check`: which files are there, what several values have to do\n"
        "with each other, and the settings of plugins.\n",
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

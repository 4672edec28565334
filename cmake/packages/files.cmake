# Files that only packages have: CPack runs this when it has installed the components and before it packs them. The program
# itself writes the examples and the text of the man page.
cmake_policy(VERSION 3.25)
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(source ${CPACK_FERROTUNNEL_SOURCE})
set(program ${root}/program/usr/bin/ferrotunnel)

# run(variable command...): its output.
function(run variable)
  execute_process(COMMAND env -i ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE code)
  if(code)
    message(FATAL_ERROR "${ARGN}: ${code} ${error}")
  endif()
  set(${variable} "${output}" PARENT_SCOPE)
endfunction()

function(compress file)
  run(ignored PATH=/usr/bin:/bin gzip -9nf ${file})
endfunction()

# The unit of `cmake --install`, with the path that the program has here.
set(CMAKE_INSTALL_FULL_BINDIR /usr/bin)
configure_file(${source}/cli/systemd/ferrotunnel@.service.in
  ${root}/program/usr/lib/systemd/system/ferrotunnel@.service @ONLY)

# /usr/share/doc
run(licences ${program} version --licenses)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(kind ${CPACK_GENERATOR})
if(kind STREQUAL "DEB")
  set(kind DEBIAN)
endif()
foreach(component IN ITEMS program development)
  string(TOUPPER ${component} part)
  set(documents ${root}/${component}/usr/share/doc/${CPACK_${kind}_${part}_PACKAGE_NAME})
  file(WRITE ${documents}/copyright "${licences}")
  configure_file(${source}/CHANGELOG.md ${documents}/changelog COPYONLY)
  compress(${documents}/changelog)
  if(kind STREQUAL "DEBIAN")
    file(WRITE ${documents}/changelog.Debian
      "ferrotunnel (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
      "  * Version ${CPACK_PACKAGE_VERSION}, see changelog.gz.\n\n"
      " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
    compress(${documents}/changelog.Debian)
  endif()
endforeach()

# Examples: what `init` writes, without a token.
set(examples ${root}/program/usr/share/doc/ferrotunnel/examples)
file(MAKE_DIRECTORY ${examples})
run(ignored ${program} init server --config ${examples}/server.yml)
run(ignored ${program} init client --server tunnel.example.com --config ${examples}/client.yml)
file(REMOVE ${examples}/token)

# The man page: the program's help, with what roff would read otherwise.
run(help ${program} --help)
string(REPLACE "\\" "\\e" help "${help}")
string(REPLACE "-" "\\-" help "${help}")
string(REPLACE "`" "\\(ga" help "${help}")
string(REPLACE "'" "\\(aq" help "${help}")
string(TIMESTAMP day "%Y-%m-%d" UTC)
set(page ${root}/program/usr/share/man/man1/ferrotunnel.1)
file(WRITE ${page} ".TH FERROTUNNEL 1 \"${day}\" \"ferrotunnel ${CPACK_PACKAGE_VERSION}\" \"User Commands\"
.SH NAME
ferrotunnel \\- give a service behind NAT or a firewall a public address
.SH SYNOPSIS
.B ferrotunnel
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
.nf
${help}.fi
.PP
.B ferrotunnel
.I COMMAND
.B \\-\\-help all
has the options of a command with their variables, the signals and the exit codes.
.SH FILES
.TP
.I /etc/ferrotunnel/NAME.yml
Configuration of the systemd unit ferrotunnel@NAME, which
.B ferrotunnel init server \\-\\-systemd NAME
writes.
.TP
.I /var/lib/ferrotunnel/NAME
State of the unit: for a server the key that clients pin.
.TP
.I ~/.config/ferrotunnel/login
Server and token that
.B ferrotunnel login
saves.
.TP
.I /usr/share/doc/ferrotunnel/examples
Configurations to start with.
")
compress(${page})

# Whatever the umask is: plugins are not loaded from a folder that others may write into.
file(GLOB_RECURSE added LIST_DIRECTORIES true ${root}/*/usr/share/* ${root}/program/usr/lib/systemd/*)
foreach(path IN LISTS added)
  if(IS_DIRECTORY ${path})
    file(CHMOD ${path} PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  else()
    file(CHMOD ${path} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  endif()
endforeach()

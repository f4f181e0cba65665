# Fails if an object compiled for one instruction set defines a weak symbol outside tg::<isa>. The linker keeps one
# copy of a weak symbol for the whole module: code for AVX-512 could then run on a processor that has none.
#   cmake -DNM=nm -DISA=avx2 "-DOBJECTS=a.o|b.o" -DSTAMP=file -P check_weak_symbols.cmake
string(REPLACE "|" ";" OBJECTS "${OBJECTS}")
execute_process(COMMAND "${NM}" -C --defined-only ${OBJECTS} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "[][;]" "_" symbols "${symbols}")  # these would cut a line in two as a list
string(REPLACE "\n" ";" symbols "${symbols}")
set(bad)
foreach(line IN LISTS symbols)
  # W, V: weak; u: unique (static locals and members of templates). Names of types are data, the same everywhere.
  if(line MATCHES "^[0-9a-f]+ [WVu] " AND NOT line MATCHES "tg::${ISA}::|typeinfo (name )?for |DW\\.ref\\.")
    string(APPEND bad "\n  ${line}")
  endif()
endforeach()
if(bad)
  message(FATAL_ERROR "Objects for ${ISA} define weak symbols outside tg::${ISA} (docs/design/dispatch.md):${bad}")
endif()
file(TOUCH "${STAMP}")

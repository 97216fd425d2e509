-- The clinic's side of the pair that lives on Supabase: tables, keys, change times and row level security; no data.
-- It may be run again at any time.

CREATE OR REPLACE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE TABLE IF NOT EXISTS public.aligner_doctors (
    dr_id        serial PRIMARY KEY,
    doctor_name  varchar(100) NOT NULL,
    doctor_email varchar(255) UNIQUE,
    logo_path    varchar(100),
    created_at   timestamptz DEFAULT now(),
    updated_at   timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS public.patients (
    person_id    int PRIMARY KEY,
    patient_id   varchar(50),
    patient_name varchar(200),
    first_name   varchar(100),
    last_name    varchar(100),
    phone        varchar(50),
    created_at   timestamptz DEFAULT now(),
    updated_at   timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS public.work (
    work_id       int PRIMARY KEY,
    person_id     int NOT NULL REFERENCES public.patients (person_id),
    type_of_work  varchar(200),
    addition_date date,
    created_at    timestamptz DEFAULT now(),
    updated_at    timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS public.aligner_sets (
    aligner_set_id           serial PRIMARY KEY,
    work_id                  int NOT NULL REFERENCES public.work (work_id),
    aligner_dr_id            int NOT NULL REFERENCES public.aligner_doctors (dr_id),
    set_sequence             int,
    type                     varchar(50),
    upper_aligners_count     int,
    lower_aligners_count     int,
    remaining_upper_aligners int,
    remaining_lower_aligners int,
    creation_date            date,
    days                     int,
    is_active                boolean,
    notes                    varchar(255),
    folder_path              varchar(255),
    set_url                  varchar(2000),
    set_pdf_url              varchar(2000),
    set_video                varchar(2000),
    set_cost                 numeric(10, 2),
    currency                 varchar(3),
    pdf_uploaded_at          timestamptz,
    pdf_uploaded_by          varchar(255),
    drive_file_id            varchar(255),
    created_at               timestamptz DEFAULT now(),
    updated_at               timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS public.aligner_batches (
    aligner_batch_id             serial PRIMARY KEY,
    aligner_set_id               int NOT NULL REFERENCES public.aligner_sets (aligner_set_id) ON DELETE CASCADE,
    batch_sequence               int,
    upper_aligner_count          int,
    lower_aligner_count          int,
    upper_aligner_start_sequence int,
    upper_aligner_end_sequence   int,
    lower_aligner_start_sequence int,
    lower_aligner_end_sequence   int,
    manufacture_date             date,
    delivered_to_patient_date    date,
    next_batch_ready_date        date,
    days                         int,
    validity_period              int,
    notes                        varchar(255),
    is_active                    boolean,
    created_at                   timestamptz DEFAULT now(),
    updated_at                   timestamptz DEFAULT now()
);

-- A note has no updated_at: it changed at the later of created_at and edited_at.
CREATE TABLE IF NOT EXISTS public.aligner_notes (
    note_id        serial PRIMARY KEY,
    aligner_set_id int NOT NULL REFERENCES public.aligner_sets (aligner_set_id) ON DELETE CASCADE,
    note_type      varchar(20) NOT NULL CHECK (note_type IN ('Doctor', 'Lab')),
    note_text      text NOT NULL,
    created_at     timestamptz DEFAULT now(),
    is_edited      boolean DEFAULT false,
    edited_at      timestamptz,
    is_read        boolean DEFAULT false
);

CREATE INDEX IF NOT EXISTS aligner_batches_updated_at ON public.aligner_batches (updated_at, aligner_batch_id);
CREATE INDEX IF NOT EXISTS aligner_notes_changed_at
    ON public.aligner_notes (GREATEST(created_at, edited_at), note_id);

-- Roles belong to the whole cluster, so another database may be creating this one at the same moment.
DO $$
BEGIN
    CREATE ROLE authenticated NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['aligner_doctors', 'patients', 'work', 'aligner_sets', 'aligner_batches', 'aligner_notes']
    LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('GRANT SELECT ON public.%I TO authenticated', name);
        EXECUTE format('DROP POLICY IF EXISTS portal_reads ON public.%I', name);
        EXECUTE format('CREATE POLICY portal_reads ON public.%I FOR SELECT TO authenticated USING (true)', name);
        IF name <> 'aligner_notes' THEN
            EXECUTE format('CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON public.%I '
                           'FOR EACH ROW EXECUTE FUNCTION public.set_updated_at()', name);
        END IF;
    END LOOP;
END
$$;

GRANT INSERT, UPDATE ON public.aligner_notes TO authenticated;
GRANT UPDATE (days) ON public.aligner_batches TO authenticated;
DROP POLICY IF EXISTS portal_writes ON public.aligner_notes;
CREATE POLICY portal_writes ON public.aligner_notes FOR ALL TO authenticated
    USING (note_type = 'Doctor') WITH CHECK (note_type = 'Doctor');
DROP POLICY IF EXISTS portal_edits_days ON public.aligner_batches;
CREATE POLICY portal_edits_days ON public.aligner_batches FOR UPDATE TO authenticated USING (true);

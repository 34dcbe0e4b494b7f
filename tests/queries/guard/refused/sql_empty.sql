;

;;; 

-- nothing

/* nothing */

/* outer /* inner */ */ ; -- end
